"""A neural network behind the box's port of detection."""

from edge.capture.frame import Frame
from edge.detection.detector import DetectorError, FrameDetector
from models.detector.detections import Detections
from models.detector.detector import Detector
from models.errors import ModelError


class NetworkDetector(FrameDetector):
    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.class_names = tuple(detector.class_names)
        self.name = detector.name
        self.sha256 = detector.sha256
        self.engine = detector.engine
        self.precision = detector.precision

    def detect(self, frame: Frame) -> Detections:
        """Raises DetectorError."""
        try:
            return self._detector.detect(frame.image)
        except ModelError as error:
            raise DetectorError(str(error)) from error
