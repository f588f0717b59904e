"""A world of bright squares and a detector that really finds them in the pixels: what a gate may not lose."""

from collections.abc import Sequence
from datetime import UTC, datetime

import cv2
import numpy as np

from edge.capture.frame import Frame
from edge.clock import ClockQuality, Moment
from edge.detection.detector import WindowedDetector
from models.detector.detections import Detections
from models.detector.raster import Planes, Raster
from models.detector.rasters import PlanarRaster

MOMENT = Moment(datetime(2026, 1, 1, tzinfo=UTC), 0, "boot", ClockQuality("unsynced"))
WIDTH, HEIGHT = 640, 360
GROUND, BRIGHT = 60, 140
HALF = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
Square = tuple[float, float, int, int]  # left, top, width, height, px


def frame_of(squares: Sequence[Square], stream_s: float, *, ground: int = GROUND, noise: float = 0.0) -> Frame:
    y = np.full((HEIGHT, WIDTH), ground, np.float32)
    for left, top, width, height in squares:
        y[round(top) : round(top) + height, round(left) : round(left) + width] = BRIGHT
    if noise:
        y += np.random.default_rng(round(stream_s * 1000)).normal(0, noise, y.shape).astype(np.float32)
    planes = Planes(y.clip(0, 255).astype(np.uint8), HALF, HALF)
    return Frame("gate", round(stream_s * 10), stream_s, MOMENT, PlanarRaster(planes))


class BlobDetector(WindowedDetector):
    """Each bright square is a person. misses: it overlooks everything in each so manieth look."""

    class_names = ("person",)
    name = sha256 = engine = precision = "blobs"

    def __init__(self, misses: int = 0) -> None:
        self.looks = 0
        self._misses = misses

    def detect(self, frame: Frame) -> Detections:
        return self._found(frame.raster)

    def takes_windows(self, frame: Frame) -> bool:
        return True

    def detect_in(self, frame: Frame, left: float, top: float, share: float) -> Detections:
        x, y = round(left * WIDTH) & ~1, round(top * HEIGHT) & ~1
        part = frame.raster.part(x, y, round(share * WIDTH), round(share * HEIGHT))
        found = self._found(part)
        start = np.array([x / WIDTH, y / HEIGHT] * 2, np.float32)
        return Detections(found.boxes * np.float32(share) + start, found.scores, found.class_ids, self.class_names)

    def _found(self, raster: Raster) -> Detections:
        self.looks += 1
        if self._misses and self.looks % self._misses == 0:
            return Detections.none(self.class_names)
        grey = cv2.blur(raster.bgr()[:, :, 1], (3, 3))
        _, _, stats, _ = cv2.connectedComponentsWithStats((grey > 110).astype(np.uint8))
        kept = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= 6]
        low = kept[:, :2] / (raster.width, raster.height)
        high = (kept[:, :2] + kept[:, 2:4]) / (raster.width, raster.height)
        boxes = np.concatenate([low, high], axis=1).astype(np.float32)
        return Detections(boxes, np.full(len(boxes), 0.8, np.float32), np.zeros(len(boxes), np.int64), ("person",))
