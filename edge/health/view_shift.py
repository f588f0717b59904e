"""By how much a view has shifted against another one, from the directions of its edges alone.

Orientation correlation (Fitch, Kadyrov, Christmas, Kittler: Orientation correlation, BMVC 2002) on squared gradients:
the square makes a dark edge on bright the same as a bright one on dark, so that day and night by infrared light agree
where the things are the same. Averaged over time, what stands still stays and what passes cancels out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EDGE_LEVELS = 6.0  # of luma per two pixels: a gradient as weak as that counts half
NEAR_PX = 2  # a shift that is none: shake, wind, the compression of one picture or the next
SCORE_MIN, SCORE_RATIO = 0.2, 1.5
REACH = 0.45  # of width and height: the largest shift looked for

EdgeMap = NDArray[np.complex64]  # (H, W): direction doubled, magnitude 0..1 by strength


@dataclass(frozen=True, slots=True)
class Shift:
    """dx, dy: to the right and down, relative to the view. score: the normalised correlation there; in_place: without a
    shift; noise: its standard deviation everywhere else.
    """

    dx: float
    dy: float
    score: float
    in_place: float
    noise: float

    @property
    def largest(self) -> float:
        return max(abs(self.dx), abs(self.dy))

    @property
    def is_clear(self) -> bool:
        """The content is found better elsewhere than in place."""
        return self.largest > 0 and self.score >= max(SCORE_MIN, SCORE_RATIO * self.in_place)


def edge_map(luma: NDArray[np.float32]) -> EdgeMap:
    """luma: (H, W), 0..255. The outermost rows and columns have no edge."""
    edges = np.zeros(luma.shape, np.complex64)
    gradient = edges[1:-1, 1:-1]
    gradient.real = luma[1:-1, 2:] - luma[1:-1, :-2]
    gradient.imag = luma[2:, 1:-1] - luma[:-2, 1:-1]
    strength = gradient.real**2 + gradient.imag**2
    gradient *= gradient
    gradient /= strength + EDGE_LEVELS**2
    return edges


def shift_between(reference: EdgeMap, current: EdgeMap) -> Shift:
    """Where the content of `reference` is found in `current`. Without an edge in one of them: all zero."""
    one, two = reference - reference.mean(), current - current.mean()
    energy = float(np.linalg.norm(one) * np.linalg.norm(two))
    if energy < 1e-6:
        return Shift(0.0, 0.0, 0.0, 0.0, 0.0)
    surface = np.fft.ifft2(np.fft.fft2(two) * np.conj(np.fft.fft2(one))).real / energy
    height, width = surface.shape
    rows, columns = _signed(height), _signed(width)
    near = (np.abs(rows) <= NEAR_PX)[:, None] & (np.abs(columns) <= NEAR_PX)
    within = (np.abs(rows) <= REACH * height)[:, None] & (np.abs(columns) <= REACH * width)
    row, column = np.unravel_index(np.argmax(np.where(within, surface, -1.0)), surface.shape)
    return Shift(
        dx=float(columns[column] / width),
        dy=float(rows[row] / height),
        score=float(surface[row, column]),
        in_place=float(surface[near].max()),
        noise=float(surface[~near].std()),
    )


def _signed(size: int) -> NDArray[np.int64]:
    """The shift that each index of a circular correlation stands for."""
    index = np.arange(size)
    return np.where(index > size // 2, index - size, index)
