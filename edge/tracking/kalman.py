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
    """N states in one array (5, N, 4): value, rate, and a, b, c (variance of value, covariance, variance of rate) of
    centre x, centre y, width, height.
    """

    __slots__ = ("array",)

    def __init__(self, array: Floats) -> None:
        self.array = array

    def __len__(self) -> int:
        return int(self.array.shape[1])

    def take(self, keep: NDArray[np.intp] | NDArray[np.bool_]) -> "BoxStates":
        return BoxStates(self.array[:, keep])

    def joined(self, other: "BoxStates") -> "BoxStates":
        return BoxStates(np.concatenate((self.array, other.array), axis=1))

    def boxes(self, rows: NDArray[np.intp] | slice = slice(None)) -> Floats:
        """(N, 4) `[x1, y1, x2, y2]`; never inside out."""
        value = self.array[0, rows]
        half = np.maximum(value[:, 2:], 0.0) / 2
        return np.concatenate((value[:, :2] - half, value[:, :2] + half), axis=1)


class KalmanFilter:
    def __init__(self, noise: MotionNoise) -> None:
        self._measured_variance = noise.measured**2
        self._velocity_variance = noise.velocity_first**2
        drift = np.array([noise.acceleration, noise.acceleration, noise.growth, noise.growth])
        self._drift_variance = drift**2

    def started(self, boxes: Floats) -> BoxStates:
        """States of new tracks from (N, 4) `[x1, y1, x2, y2]`, at rest but free to move."""
        value = _measured(boxes)
        square = _squared_sizes(value)
        array = np.zeros((5, *value.shape))
        array[0] = value
        array[2] = square * self._measured_variance
        array[4] = square * self._velocity_variance
        return BoxStates(array)

    def predicted(self, states: BoxStates, elapsed_s: float) -> BoxStates:
        """The states `elapsed_s` (>= 0) later, by the stream's time."""
        value, rate, a, b, c = states.array
        q = _squared_sizes(value) * (self._drift_variance * elapsed_s)
        later = np.empty_like(states.array)
        later[0] = value + rate * elapsed_s
        later[1] = rate
        later[2] = a + (2 * b + c * elapsed_s) * elapsed_s + q * (elapsed_s**2 / 3)
        later[3] = b + c * elapsed_s + q * (elapsed_s / 2)
        later[4] = c + q
        return BoxStates(later)

    def corrected(self, states: BoxStates, boxes: Floats) -> BoxStates:
        """The states after (N, 4) `[x1, y1, x2, y2]` was detected, one box per state."""
        value, rate, a, b, c = states.array
        measured = _measured(boxes)
        spread = a + _squared_sizes(measured) * self._measured_variance
        gain, gain_rate = a / spread, b / spread
        miss = measured - value
        after = np.empty_like(states.array)
        after[0] = value + gain * miss
        after[1] = rate + gain_rate * miss
        after[2] = a * (1 - gain)
        after[3] = b * (1 - gain)
        after[4] = c - gain_rate * b
        return BoxStates(after)


def no_states() -> BoxStates:
    return BoxStates(np.empty((5, 0, 4)))


def _measured(boxes: Floats) -> Floats:
    return np.concatenate(((boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]), axis=1)


def _squared_sizes(value: Floats) -> Floats:
    """(N, 4): width, height, width, height, squared."""
    return np.maximum(value[:, [2, 3, 2, 3]], SIZE_MIN) ** 2
