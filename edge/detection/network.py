"""A neural network behind the box's port of detection."""

from threading import Lock

from edge.capture.frame import Frame
from edge.detection.detector import DetectorError, FrameDetector
from edge.detection.shared import SharedDetector
from models.detector.detections import Detections
from models.detector.detector import Detector
from models.detector.looks import joined
from models.engine.engine import Engine
from models.errors import ModelError
from models.package import Package


class NetworkDetector(FrameDetector):
    """near: the same network with a smaller input, for what fills the picture; asked as well where the frame is larger
    than that input (`models.detector.looks`).
    """

    def __init__(self, detector: Detector, near: Detector | None = None) -> None:
        self._detector = detector
        self._near = near
        self.class_names = tuple(detector.class_names)
        self.class_scores = detector.class_scores
        self.name = detector.name
        self.sha256 = detector.sha256
        self.engine = detector.engine
        self.precision = detector.precision

    def detect(self, frame: Frame) -> Detections:
        """Raises DetectorError."""
        try:
            far = self._detector.detect(frame.raster)
            if self._near is None or max(frame.width, frame.height) <= self._near.size_px:
                return far
            return joined(far, self._near.detect(frame.raster))
        except ModelError as error:
            raise DetectorError(str(error)) from error


class Network:
    """One package on one engine, loaded once; each camera looks through it at its own size, one frame at a time."""

    def __init__(self, package: Package, engine: Engine) -> None:
        self._package = package
        self._engine = engine
        self._turn = Lock()

    def detector(self, size_px: int | None, score_min: float) -> FrameDetector:
        """size_px: of the large look, default the card's. Raises PackageError when the network does not take it."""
        facts = self._package.card.input
        far = Detector(self._package, self._engine, size_px=size_px, score_min=score_min)
        near = None
        if facts.dynamic and facts.trained_px < far.size_px:
            near = Detector(self._package, self._engine, size_px=facts.trained_px, score_min=score_min)
        return SharedDetector(NetworkDetector(far, near), self._turn)
