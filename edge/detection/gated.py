"""A detector that looks where something happens: most frames of most cameras are those before them.

Every frame is compared with the background on a small plane. While nothing moves, what was found last is still there,
and costs nothing; where something small moves, a window around it may be looked at; else the whole picture, and that at
least every `whole_every_s_max`, whatever moves or not: what was there before the start, what moves too slowly to be
motion. So no frame is passed over: tracker and rules get detections of each.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.capture.frame import Frame
from edge.detection.detector import Attention, FrameDetector, WindowedDetector
from edge.detection.motion import CELL_PX, Motion, MotionFinder
from edge.detection.regions import (
    LARGE_AREA,
    WINDOW,
    alike,
    cell_boxes,
    chosen,
    merged,
    touched,
    whole_in,
    window_around,
)
from models.detector.detections import Detections

IN_PLACE = 0.9  # intersection over union: a box that trembles, not one that moves
ROUNDING_S = 1e-3


@dataclass(frozen=True, slots=True)
class GateSettings:
    """whole_every_s: between two looks at the whole picture, at most, and whole_every_s_max where each of them has said
    what the one before it said: the time doubles. open_s: how long what moved is looked at after it stopped. alike_min:
    so many looks in a row must have said the same before one is believed to hold on; an object that one of them scores
    sure_min and another does not see at all keeps the gate open; one that is seen below sure_min keeps the time from
    doubling. stands_s: when the looks of so long have found
    everything in one place, what still differs from the background has stopped and is background from now on. windows:
    look at parts at all; off, as in a rendered scene a window lost a person whom the whole picture shows
    (docs/benchmarks.md).
    """

    whole_every_s: float = 1.0
    whole_every_s_max: float = 3.0
    open_s: float = 1.0
    alike_min: int = 3
    sure_min: float = 0.25
    stands_s: float = 0.5
    windows: bool = False


class GatedDetector(FrameDetector):
    """Of one camera: it remembers. Counts its looks: `wholes`, `parts`, and frames without one, `spared`."""

    def __init__(self, detector: FrameDetector, settings: GateSettings | None = None) -> None:
        self._detector = detector
        self._settings = settings = settings or GateSettings()
        self._windowed = detector if settings.windows and isinstance(detector, WindowedDetector) else None
        self.class_names = detector.class_names
        self.class_scores = detector.class_scores
        self.name = detector.name
        self.sha256 = detector.sha256
        self.engine = detector.engine
        self.precision = detector.precision
        self.wholes = self.parts = self.spared = 0
        self._finder = MotionFinder()
        self._moved_s: NDArray[np.float64] = np.empty((0, 0))  # of each cell, when it moved last
        self._whole_s = float("-inf")
        self._whole_every_s = settings.whole_every_s
        self._still = False
        self._known = Detections.none(self.class_names)
        self._alike = 0
        self._standing = self._known  # what the looks have found in one place since then
        self._standing_s = float("inf")

    def detect(self, frame: Frame) -> Detections:
        """Raises DetectorError."""
        motion = self._finder.observe(frame.luma, frame.stream_s)
        moving = self._moving(motion, frame.stream_s)
        self._detector.attention = max(self.attention, Attention.MOVING if len(moving) else Attention.STILL)
        self._still = not len(moving)
        whole_due = not 0 <= frame.stream_s - self._whole_s < self._whole_every_s
        if motion.everywhere or whole_due:
            return self._whole(frame)
        if self._still:
            if self._alike >= self._settings.alike_min:
                self.spared += 1
                return self._known
            return self._whole(frame)
        return self._part(frame, moving)

    def _moving(self, motion: Motion, stream_s: float) -> NDArray[np.float32]:
        """(N, 4) the cells that moved within `open_s`."""
        if self._moved_s.shape != motion.cells.shape:
            self._moved_s = np.full(motion.cells.shape, -np.inf)
        self._moved_s[motion.cells] = stream_s
        height, width = motion.shape
        recent = self._moved_s >= stream_s - self._settings.open_s
        return cell_boxes(recent, (CELL_PX / width, CELL_PX / height))

    def _whole(self, frame: Frame) -> Detections:
        self.wholes += 1
        self._whole_s = frame.stream_s
        return self._learn(self._detector.detect(frame), frame.stream_s)

    def _part(self, frame: Frame, moving: NDArray[np.float32]) -> Detections:
        known = self._known
        stirred = touched(known.boxes, moving)
        areas = np.prod(known.boxes[:, 2:] - known.boxes[:, :2], axis=1)
        large = bool((areas[stirred] >= LARGE_AREA).any())
        corner = window_around(np.concatenate([moving, known.boxes[stirred]]))
        if corner is None or large or not self._windowed or not self._windowed.takes_windows(frame):
            return self._whole(frame)
        self.parts += 1
        left, top = corner
        window = np.array([left, top, left + WINDOW, top + WINDOW], np.float32)
        found = self._windowed.detect_in(frame, left, top, WINDOW)
        found = chosen(found, whole_in(found.boxes, window))
        return self._learn(merged(chosen(known, ~stirred), found), frame.stream_s)

    def _learn(self, found: Detections, stream_s: float) -> Detections:
        settings = self._settings
        if alike(self._known, found, settings.sure_min):
            self._alike += 1
        else:
            self._alike, self._still = 1, False
        later_s = min(2 * self._whole_every_s, settings.whole_every_s_max)
        faint = bool((found.scores < settings.sure_min).any())  # may be somebody: look again soon
        self._whole_every_s = later_s if self._still and not faint else settings.whole_every_s
        self._known = found
        if not alike(self._standing, found, settings.sure_min, IN_PLACE) or stream_s < self._standing_s:
            self._standing, self._standing_s = found, stream_s
        elif stream_s - self._standing_s >= settings.stands_s - ROUNDING_S:
            self._finder.believe()
            self._moved_s.fill(-np.inf)
            self._standing, self._standing_s = found, stream_s
        return found
