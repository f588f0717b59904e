"""What a camera sees when nothing happens, and what has been new and still since.

Two backgrounds of different speed (Porikli, Ivanov and Haga, "Robust abandoned object detection using dual
foregrounds", EURASIP Journal on Advances in Signal Processing 2008). The fast one is the newest look of each pixel that
lasts; the slow one is what the place is like. Where the fast one is settled and differs from the slow one, something is
new and still. Regions are read from the two backgrounds and never from the frame itself, so people who walk in front
of something hide it without ending it.

Every time here is stream seconds, every picture small: memory is about 3 MB whatever the camera's size.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.detection.blob import Blob, Mask, Observation
from edge.detection.steadying import Picture, steadied
from edge.detection.verdict import verdict
from models.detector.raster import Raster

Box = tuple[float, float, float, float]

BLOBS_MAX = 64
AREA_PX_MIN = 16
SURE_SHARE_MIN = 0.25
ROUNDING_S = 1e-3
STEP_S_MAX = 1.0  # a longer time between two samples proves no more than this
GROWN = 0.1  # of a box to each side: a detector cuts off feet, and shadows begin there
STILL_OVERLAP_MIN = 0.8
STILL_S = 5.0
COVERS_MAX = 500
CALM = 4.0  # a pixel whose noise is above that has to hold a look for longer, by one settled_s for each RESTLESS more
RESTLESS = 2.0
CLOSER = 5.0  # of 255: a sample that much nearer to the slow background than to the fast one shows the slow one
THICK_PX_MIN = 5  # thinner ones are edges that a trembling or slowly turning camera has moved


@dataclass(frozen=True, slots=True)
class BackgroundSettings:
    """side_px: the longer side of the small picture. settled_s: how long a look has to last to be believed. follow_s:
    with which time constant the background follows light. doubt_s: how long something is seen as removed, or as light,
    before the background takes it over. absorb_s: after that, whatever is still there belongs to the place.
    change_min, change_max: of 255 in one channel; between them `noise_times` the pixel's own noise counts. edge_share:
    of that, what is enough beside a pixel that has changed.
    upheaval: share of the picture that changes at once, for settled_s, when everything is learnt anew.
    """

    side_px: int = 320
    settled_s: float = 2.0
    follow_s: float = 60.0
    noise_s: float = 30.0
    doubt_s: float = 1.5
    absorb_s: float = 86_400.0
    change_min: float = 22.0
    change_max: float = 80.0
    noise_times: float = 3.0
    edge_share: float = 0.5
    upheaval: float = 0.3


class BackgroundModel:
    """Of one camera. Begins anew with the process: what lies there then belongs to the place."""

    def __init__(self, settings: BackgroundSettings | None = None) -> None:
        self._settings = settings or BackgroundSettings()
        self._size = (0, 0)  # of the camera's frame
        self._now_s = 0.0
        self._covers: deque[tuple[float, Box]] = deque(maxlen=COVERS_MAX)  # of the last seconds
        self._maps: _Maps | None = None

    def observe(self, raster: Raster, covers: Sequence[Box], stream_s: float) -> Observation:
        """raster: the whole frame. covers: relative boxes of people and vehicles; nothing is learnt there."""
        frame_size = (raster.width, raster.height)
        scale = min(self._settings.side_px / max(frame_size), 1.0)
        size = (max(1, round(scale * frame_size[0])), max(1, round(scale * frame_size[1])))
        picture = _small(raster, size)
        maps, fresh = self._maps, self._maps is None or frame_size != self._size
        if maps is None or fresh:
            maps = self._maps = _Maps(picture, stream_s, self._settings)
            self._size = frame_size
            step_s = 0.0
        else:
            step_s = min(max(stream_s - self._now_s, 0.0), STEP_S_MAX)
        lately = [box for then_s, box in self._covers if stream_s - then_s <= STILL_S]
        standing = [box for box in covers if any(_overlap(box, one) >= STILL_OVERLAP_MIN for one in lately)]
        self._covers.extend((stream_s, box) for box in covers)
        self._now_s = stream_s
        maps.learn(picture, _painted(covers, size), _painted(standing, size), stream_s, step_s)
        if maps.upset_s >= self._settings.settled_s:
            self._maps, fresh = _Maps(picture, stream_s, self._settings), True
        if fresh:
            nothing = np.zeros(picture.shape[:2], np.int32)
            return Observation((), nothing, nothing > 0, restarted=True)
        return maps.read(stream_s, step_s)


class _Maps:
    """One value per pixel of the small picture.

    slow, fast: the two backgrounds, where `known`. next: the newest look that differs from the fast one; it takes its
    place when it has lasted for `settled_s`.
    """

    def __init__(self, picture: Picture, now_s: float, settings: BackgroundSettings) -> None:
        self._settings = settings
        shape = picture.shape[:2]
        self._slow, self._fast, self._next, self._latest = (picture.copy() for _ in range(4))
        self._known = np.zeros(shape, bool)
        self._next_s = np.zeros(shape, np.float32)  # for how long the next look has been seen
        self._next_since_s = np.full(shape, now_s, np.float64)
        self._since_s = np.full(shape, now_s, np.float64)  # since when the fast background looks as it does
        self._noise = np.zeros(shape, np.float32)
        self._age_s = 0.0
        self._standing = np.zeros(shape, np.float32)  # how often lately a person or vehicle stood still here, 0..1
        self._doubted_s = np.zeros(shape, np.float32)
        self._shown = np.zeros(shape, bool)  # the sample shows the fast background here
        self.upset_s = 0.0  # for how long most of the picture has been another one

    def learn(self, picture: Picture, covered: Mask, standing: Mask, now_s: float, step_s: float) -> None:
        free = ~covered
        picture = steadied(picture, self._slow, self._known & free)
        limits = self._limits()
        to_fast, to_slow = _difference(picture, self._fast), _difference(picture, self._slow)
        self._shown = free & self._known & (to_fast < limits) & (to_fast <= to_slow + CLOSER)
        self._fast += (0.1 * self._shown)[..., None] * (picture - self._fast)
        self._learn_next(picture, free & ~self._shown, limits, now_s, step_s)
        moved = np.minimum(_largest(cv2.absdiff(picture, self._latest)), self._settings.change_min)
        self._age_s += step_s
        self._noise += (
            free * (step_s / min(max(self._age_s, STEP_S_MAX), self._settings.noise_s)) * (moved - self._noise)
        )
        self._standing += min(step_s / STILL_S, 1.0) * (standing - self._standing)
        self._latest = picture
        watched = free & self._known
        upset = watched.any() and self._shown[watched].mean() <= 1 - self._settings.upheaval
        self.upset_s = self.upset_s + step_s if upset else 0.0

    def _learn_next(
        self, picture: Picture, other: Mask, limits: NDArray[np.float32], now_s: float, step_s: float
    ) -> None:
        """other: where the sample shows something else than the fast background, and nobody in front of it."""
        lasts = other & (_largest(cv2.absdiff(picture, self._next)) < limits)
        begins = other & ~lasts
        self._next_s += step_s * lasts
        self._next_s[self._shown] -= step_s
        np.maximum(self._next_s, 0.0, out=self._next_s)
        self._next[begins] = picture[begins]
        self._next_s[begins] = 0.0
        self._next_since_s[begins] = now_s
        restless = np.maximum(self._noise - CALM, 0.0) / RESTLESS
        settled = lasts & (self._next_s >= self._settings.settled_s * (1.0 + restless) - ROUNDING_S)
        self._fast[settled] = picture[settled]
        self._since_s[settled] = self._next_since_s[settled]
        self._next_s[settled] = 0.0
        first = settled & ~self._known
        self._slow[first] = self._fast[first]
        self._known |= first

    def read(self, now_s: float, step_s: float) -> Observation:
        limits = self._limits()
        difference = np.where(self._known, _difference(self._fast, self._slow), 0.0)
        sure, possible = difference >= limits, difference >= self._settings.edge_share * limits
        follows = self._known & ~possible
        self._slow += (min(step_s / self._settings.follow_s, 1.0) * follows)[..., None] * (self._fast - self._slow)
        blobs, labels = self._blobs(sure, possible)
        self._take_over(blobs, labels, sure & (now_s - self._since_s > self._settings.absorb_s), step_s)
        return Observation(blobs, labels, self._shown & ~sure)

    def _limits(self) -> NDArray[np.float32]:
        settings = self._settings
        limits = np.clip(settings.noise_times * self._noise, settings.change_min, settings.change_max)
        return np.asarray(limits, np.float32)

    def _blobs(self, sure: Mask, possible: Mask) -> tuple[tuple[Blob, ...], NDArray[np.int32]]:
        """Hysteresis as Canny's: what is possible counts where it hangs together with enough that is sure."""
        opened = cv2.morphologyEx(possible.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        joined = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        filled = cv2.drawContours(np.zeros_like(joined), outlines, -1, 1, cv2.FILLED)
        count, numbered = cv2.connectedComponents(filled, connectivity=8)
        labels = np.asarray(numbered, np.int32)
        areas, sures = np.bincount(labels.ravel(), minlength=count), np.bincount(labels[sure], minlength=count)
        enough = (areas >= AREA_PX_MIN) & (sures >= SURE_SHARE_MIN * areas)
        inner = cv2.distanceTransform(filled, cv2.DIST_C, 3) >= (THICK_PX_MIN + 1) / 2
        enough &= np.bincount(labels[inner], minlength=count) > 0
        largest = [label for label in np.argsort(-areas).tolist() if label and enough[label]]
        return tuple(self._blob(label, labels == label, sure) for label in largest[:BLOBS_MAX]), labels

    def _blob(self, label: int, mask: Mask, sure: Mask) -> Blob:
        what, contour = verdict(mask, self._fast, self._slow, float(self._standing[mask].mean()))
        since_s = float(np.median(self._since_s[mask & sure]))
        return Blob(label, int(mask.sum()), since_s, contour, float(self._shown[mask].mean()), what)

    def _take_over(self, blobs: tuple[Blob, ...], labels: NDArray[np.int32], old: Mask, step_s: float) -> None:
        """Into the background: what is no object, and what has been there for ever."""
        doubted = np.isin(labels, [blob.label for blob in blobs if blob.verdict in ("removed", "light")])
        self._doubted_s = np.where(doubted, self._doubted_s + step_s, 0.0).astype(np.float32)
        taken = (self._doubted_s >= self._settings.doubt_s) | old
        self._slow[taken] = self._fast[taken]


def _small(raster: Raster, size: tuple[int, int]) -> Picture:
    """By way of twice the size: bilinear scaling skips pixels, and the mean of four makes up for it."""
    twice = raster.scaled(min(2 * size[0], raster.width), min(2 * size[1], raster.height))
    small = cv2.resize(twice, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.float32)


def _difference(picture: Picture, model: Picture) -> NDArray[np.float32]:
    """Per pixel, in the channel that differs most, from the nearest of the model's nine values around: half a pixel of
    trembling is no change.
    """
    kernel = np.ones((3, 3), np.uint8)
    above, below = picture - cv2.dilate(model, kernel), cv2.erode(model, kernel) - picture
    return _largest(cv2.max(above, below))


def _largest(values: cv2.typing.MatLike) -> NDArray[np.float32]:
    """Of each pixel's three channels; NumPy's own reduction over so short an axis takes ten times as long."""
    blue, green, red = cv2.split(values)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.float32)


def _painted(boxes: Sequence[Box], size: tuple[int, int]) -> Mask:
    """Where these relative boxes are, grown a little."""
    width, height = size
    mask = np.zeros((height, width), bool)
    for x1, y1, x2, y2 in boxes:
        beside, above = GROWN * (x2 - x1), GROWN * (y2 - y1)
        left, right = max(int((x1 - beside) * width), 0), int(np.ceil((x2 + beside) * width))
        top, bottom = max(int((y1 - above) * height), 0), int(np.ceil((y2 + above) * height))
        mask[top : max(bottom, 0), left : max(right, 0)] = True
    return mask


def _overlap(a: Box, b: Box) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)
