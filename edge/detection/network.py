"""A neural network behind the box's port of detection."""

from edge.capture.frame import Frame
from edge.detection.detector import DetectorError, FrameDetector
from models.detector.detections import Detections
from models.detector.detector import Detector
from models.detector.looks import joined
from models.errors import ModelError


class NetworkDetector(FrameDetector):
    """near: the same network with a smaller input, for what fills the picture; asked as well where the frame is larger
    than that input (`models.detector.looks`).
    """

    def __init__(self, detector: Detector, near: Detector | None = None) -> None:
        self._detector = detector
        self._near = near
        self.class_names = tuple(detector.class_names)
        self.name = detector.name
        self.sha256 = detector.sha256
        self.engine = detector.engine
        self.precision = detector.precision

    def detect(self, frame: Frame) -> Detections:
        """Raises DetectorError."""
        try:
            far = self._detector.detect(frame.image)
            if self._near is None or max(frame.width, frame.height) <= self._near.size_px:
                return far
            return joined(far, self._near.detect(frame.image))
        except ModelError as error:
            raise DetectorError(str(error)) from error
