"""One detector for the cameras of a box: its network takes one frame at a time."""

from threading import Lock

from edge.capture.frame import Frame
from edge.detection.detector import FrameDetector
from models.detector.detections import Detections


class SharedDetector(FrameDetector):
    """Cameras wait for their turn; while they do, theirs drop frames, so that nothing queues up."""

    def __init__(self, detector: FrameDetector) -> None:
        self._detector = detector
        self._turn = Lock()
        self.class_names = detector.class_names
        self.name = detector.name
        self.sha256 = detector.sha256
        self.engine = detector.engine
        self.precision = detector.precision

    def detect(self, frame: Frame) -> Detections:
        with self._turn:
            return self._detector.detect(frame)
