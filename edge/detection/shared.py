"""One detector for the cameras of a box: its network takes one frame at a time."""

from threading import Lock

from edge.capture.frame import Frame
from edge.detection.detector import FrameDetector
from models.detector.detections import Detections


class SharedDetector(FrameDetector):
    """Cameras wait for their turn; while they do, theirs drop frames, so that nothing queues up.

    turn: of the network behind it, where other detectors look through the same one.
    """

    def __init__(self, detector: FrameDetector, turn: Lock) -> None:
        self._detector = detector
        self._turn = turn
        self.class_names = detector.class_names
        self.class_scores = detector.class_scores
        self.name = detector.name
        self.sha256 = detector.sha256
        self.engine = detector.engine
        self.precision = detector.precision

    def detect(self, frame: Frame) -> Detections:
        with self._turn:
            return self._detector.detect(frame)
