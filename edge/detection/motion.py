"""Where a picture differs from what it was a moment ago: what decides whether a frame is worth a look.

On the small plane of brightness, each of whose values is the mean of a hundred pixels of 1080p: noise of the sensor
is a tenth of what it is in the picture, somebody far away is still several values. A running mean is the background (as
in Piccardi 2004, "Background subtraction techniques: a review"); what changes more than noise does is motion.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELL_PX = 4  # of the small plane
LATEST_S = 0.1
EVERYTHING = 0.4  # of the cells: a lamp, an exposure, a moved camera


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """memory_s: how fast the background follows; what stands still is background after about three of these. step_min:
    the least change that counts, of 255; and noise_steps times the noise of the picture, but never above step_max:
    where most of a picture moves, all of that looks like noise.
    """

    memory_s: float = 1.5
    step_min: float = 5.0
    step_max: float = 12.0
    noise_steps: float = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """cells: (rows, columns) bool, squares of CELL_PX of the small plane in which something moved."""

    cells: NDArray[np.bool_]
    shape: tuple[int, int]  # of the small plane

    @property
    def anywhere(self) -> bool:
        return bool(self.cells.any())

    @property
    def everywhere(self) -> bool:
        return float(self.cells.mean()) >= EVERYTHING


class MotionFinder:
    """One camera's. A change of brightness of the whole picture is taken off before anything is compared."""

    def __init__(self, settings: MotionSettings | None = None) -> None:
        self._settings = settings or MotionSettings()
        self._background: NDArray[np.float32] | None = None
        self._latest: NDArray[np.float32] | None = None  # the same, of the last moments: without their noise
        self._noise = 0.0
        self._before_s = 0.0

    def believe(self) -> None:
        """What the last pictures show is the background from now on: whoever looked at them knows what stands there."""
        self._background = None if self._latest is None else self._latest.copy()

    def observe(self, luma: NDArray[np.uint8], stream_s: float) -> Motion:
        """luma: (h, w) as `Frame.luma`. All of the first picture, and of one of another size, counts as moved."""
        rows, columns = -(-luma.shape[0] // CELL_PX), -(-luma.shape[1] // CELL_PX)
        elapsed_s, self._before_s = stream_s - self._before_s, stream_s
        background = self._background
        if background is None or background.shape != luma.shape:
            self._background = luma.astype(np.float32)
            self._latest = self._background.copy()
            self._noise = 0.0
            return Motion(np.ones((rows, columns), np.bool_), luma.shape)
        assert self._latest is not None
        self._latest += (luma - self._latest) * np.float32(1 - np.exp(-max(elapsed_s, 0.0) / LATEST_S))
        change = luma - background
        change -= np.median(change[::3, ::3])
        background += change * np.float32(1 - np.exp(-max(elapsed_s, 0.0) / self._settings.memory_s))
        np.abs(change, out=change)
        self._noise += 0.2 * (1.48 * float(np.median(change[1::3, 1::3])) - self._noise)  # of a normal distribution
        settings = self._settings
        step = min(max(settings.step_min, settings.noise_steps * self._noise), settings.step_max)
        change -= np.float32(step)
        np.maximum(change, 0, out=change)
        padded = np.zeros((rows * CELL_PX, columns * CELL_PX), np.float32)
        padded[: luma.shape[0], : luma.shape[1]] = change
        over = padded.reshape(rows, CELL_PX, columns, CELL_PX).sum(axis=(1, 3))
        return Motion(
            over >= step, luma.shape
        )  # one value that changed by two steps, or several by little more than one
