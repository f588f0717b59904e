"""A neural network behind the box's port of detection."""

from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np

from edge.capture.frame import Frame
from edge.detection.detector import DetectorError, FrameDetector, Importance, WindowedDetector
from edge.detection.regions import WINDOW
from edge.detection.scheduler import Scheduler, Seat
from models.detector.detections import Detections
from models.detector.detector import Detector
from models.detector.letterbox import round_up
from models.detector.looks import joined
from models.engine.engine import Engine
from models.errors import ModelError
from models.package import Package


class NetworkDetector(WindowedDetector):
    """near: the same network with a smaller input, for what fills the picture; asked as well where the frame is larger
    than that input (`models.detector.looks`). window: with half the input of `detector`, for windows of half the frame.
    beside: where the small look is taken beside the large one while the network has a lane to spare.
    """

    def __init__(
        self,
        detector: Detector,
        near: Detector | None = None,
        window: Detector | None = None,
        seat: Seat | None = None,
        beside: Executor | None = None,
    ) -> None:
        self._seat = seat
        self._beside = beside
        self.abreast = 1 if seat is None else seat.lanes
        self._detector = detector
        self._near = near
        self._window = window
        self.class_names = tuple(detector.class_names)
        self.class_scores = detector.class_scores
        self.name = detector.name
        self.sha256 = detector.sha256
        self.engine = detector.engine
        self.precision = detector.precision

    def detect(self, frame: Frame) -> Detections:
        """Raises DetectorError."""
        self._sit()
        near = self._near
        try:
            if near is None or max(frame.width, frame.height) <= near.size_px:
                return self._detector.detect(frame.raster)
            if self._beside is None or self._seat is None or not self._seat.roomy:
                return joined(self._detector.detect(frame.raster), near.detect(frame.raster))
            seen_near = self._beside.submit(near.detect, frame.raster)
            return joined(self._detector.detect(frame.raster), seen_near.result())
        except ModelError as error:
            raise DetectorError(str(error)) from error

    def takes_windows(self, frame: Frame) -> bool:
        return self._window is not None and max(frame.width, frame.height) >= self._detector.size_px

    def detect_in(self, frame: Frame, left: float, top: float, share: float) -> Detections:
        """Raises DetectorError."""
        assert self._window is not None, "takes_windows comes first"
        x, y = round(left * frame.width) & ~1, round(top * frame.height) & ~1
        width, height = (
            min(frame.width - x, round(share * frame.width)),
            min(frame.height - y, round(share * frame.height)),
        )
        self._sit()
        try:
            found = self._window.detect(frame.raster.part(x, y, width, height))
        except ModelError as error:
            raise DetectorError(str(error)) from error
        scale = np.array([width / frame.width, height / frame.height] * 2, np.float32)
        start = np.array([x / frame.width, y / frame.height] * 2, np.float32)
        return Detections(found.boxes * scale + start, found.scores, found.class_ids, found.class_names)

    def _sit(self) -> None:
        if self._seat is not None:
            self._seat.attention = self.attention


class Network:
    """One package on one engine, loaded once; each camera looks through it at its own size, when it is its turn.

    batch_max: pictures of several cameras that go through together.
    """

    def __init__(self, package: Package, engine: Engine, *, batch_max: int = 1) -> None:
        self._package = package
        self._scheduler = Scheduler(engine, batch_max=batch_max)
        self._beside = ThreadPoolExecutor(engine.lanes, "near-look") if engine.lanes > 1 else None

    def detector(self, size_px: int | None, score_min: float, importance: Importance = "normal") -> FrameDetector:
        """For one camera. size_px: of the large look, default the card's. Raises PackageError when the network does not
        take it.
        """
        facts, seat = self._package.card.input, self._scheduler.seat(importance)
        far = Detector(self._package, seat, size_px=size_px, score_min=score_min)
        near = None
        if facts.dynamic and facts.trained_px < far.size_px:
            near = Detector(self._package, seat, size_px=facts.trained_px, score_min=score_min)
        window = None
        half_px = round_up(round(far.size_px * WINDOW), facts.stride_px)
        if facts.dynamic and facts.trained_px <= half_px:  # smaller than that it never learned
            window = Detector(self._package, seat, size_px=half_px, score_min=score_min)
        return NetworkDetector(far, near, window, seat, self._beside)
