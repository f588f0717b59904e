"""A constant-velocity Kalman filter for many boxes at once, on time in seconds.

State per track: centre x, centre y, width, height and their rates. The four are independent, and all noise is
relative to the box's own size, so the filter does not care for the scale of either axis: relative coordinates and
pixels give the same answer. Each of the four is a filter of two numbers with the 2x2 covariance [[a, b], [b, c]],
written out so that N tracks cost a few array operations. (Bewley et al. 2016, "Simple online and realtime tracking",
with time in seconds and white-noise acceleration in place of frames.)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SIZE_MIN = 1e-6  # so that a box without area does not make a variance 0


@dataclass(frozen=True, slots=True)
class MotionNoise:
    """In units of the box's own width (for x, width) or height (for y, height)."""

    measured: float = 0.05  # standard deviation of a detected edge
    acceleration: float = 1.5  # per s^1.5: how fast the velocity of a centre wanders
    growth: float = 0.5  # the same of width and height
    velocity_first: float = 0.5  # per second: standard deviation of a new track's velocity


class BoxStates:
    """N states in one array (5, 4, N): value, rate, and a, b, c (variance of value, covariance, variance of rate) of
    centre x, centre y, width, height. The tracks come last, so that a step of all of them is one run through memory.
    """

    __slots__ = ("array",)

    def __init__(self, array: Floats) -> None:
        self.array = array

    def __len__(self) -> int:
        return int(self.array.shape[2])

    def take(self, keep: NDArray[np.intp] | NDArray[np.bool_]) -> "BoxStates":
        return BoxStates(self.array[:, :, keep])

    def joined(self, other: "BoxStates") -> "BoxStates":
        return BoxStates(np.concatenate((self.array, other.array), axis=2))

    def boxes(self) -> Floats:
        """(N, 4) `[x1, y1, x2, y2]`; never inside out."""
        centre, size = self.array[0, :2], self.array[0, 2:]
        half = np.maximum(size, 0.0)
        half /= 2
        corners = np.empty_like(self.array[0])
        np.subtract(centre, half, out=corners[:2])
        np.add(centre, half, out=corners[2:])
        boxes: Floats = corners.T
        return boxes


class KalmanFilter:
    def __init__(self, noise: MotionNoise) -> None:
        self._measured_variance = noise.measured**2
        self._velocity_variance = noise.velocity_first**2
        drift = np.array([noise.acceleration, noise.growth]).reshape(2, 1, 1)  # of the centre, of the size
        self._drift_variance = drift**2

    def started(self, boxes: Floats) -> BoxStates:
        """States of new tracks from (N, 4) `[x1, y1, x2, y2]`, at rest but free to move."""
        value = _measured(boxes)
        square = np.concatenate((_squared_sizes(value),) * 2)
        array = np.zeros((5, *value.shape))
        array[0] = value
        array[2] = square * self._measured_variance
        array[4] = square * self._velocity_variance
        return BoxStates(array)

    def predicted(self, states: BoxStates, elapsed_s: float) -> BoxStates:
        """The states `elapsed_s` (>= 0) later, by the stream's time.

        Per number: value + rate t, a + (2 b + c t) t + q t^2 / 3, b + c t + q t / 2, c + q, with q the drift in t.
        """
        later = states.array.copy()
        value, _, a, b, c = later
        drift = _squared_sizes(value) * (self._drift_variance * elapsed_s)
        drift = drift.reshape(value.shape)
        moved = later[1::3] * elapsed_s  # of rate, c
        spread = b + b
        spread += moved[1]
        spread *= elapsed_s
        a += spread
        later[0::3] += moved  # to value, b
        a += drift * (elapsed_s**2 / 3)
        b += drift * (elapsed_s / 2)
        c += drift
        return BoxStates(later)

    def corrected(self, states: BoxStates, boxes: Floats) -> BoxStates:
        """The states after (N, 4) `[x1, y1, x2, y2]` was detected, one box per state.

        Per number: the gains a / s and b / s, with s the variance of the miss, and what they leave of a, b and c.
        """
        before = states.array
        value, _, a, b, c = before
        measured = _measured(boxes)
        variance = a.reshape(2, 2, -1) + _squared_sizes(measured) * self._measured_variance
        gains = before[2:4] / variance.reshape(4, -1)
        after = np.empty_like(before)
        np.add(before[:2], gains * (measured - value), out=after[:2])
        np.multiply(before[2:4], 1 - gains[0], out=after[2:4])
        np.subtract(c, gains[1] * b, out=after[4])
        return BoxStates(after)


def no_states() -> BoxStates:
    return BoxStates(np.empty((5, 4, 0)))


def _measured(boxes: Floats) -> Floats:
    """(4, N): centre x, centre y, width, height of (N, 4)."""
    corners = boxes.T
    low, high = corners[:2], corners[2:]
    value = np.empty(corners.shape)
    np.add(low, high, out=value[:2])
    value[:2] /= 2
    np.subtract(high, low, out=value[2:])
    return value


def _squared_sizes(value: Floats) -> Floats:
    """(2, N): width and height squared, as the noise of the centre takes them and that of the size again."""
    sizes = np.maximum(value[2:], SIZE_MIN)
    sizes *= sizes
    return sizes
