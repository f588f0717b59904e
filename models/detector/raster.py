"""A picture as whoever looks at it asks for it: small, in grey, in colour. What nobody asks for is not converted."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LUMA_HEIGHT_MIN = 100
Matrix = Literal["bt601", "bt709", "bt2020"]


@dataclass(frozen=True, slots=True)
class Colours:
    """How YUV stands for RGB (ITU-R BT.601, BT.709, BT.2020). full_range: black is 0, else 16."""

    matrix: Matrix = "bt601"
    full_range: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """A picture as video decoders give it, 4:2:0: y (H, W) brightness, u and v (H/2, W/2, rounded up), all uint8."""

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]
    colours: Colours = Colours()


class Raster(ABC):
    """A picture of `width` x `height` px. What comes back may be shared with others: it is not to be written to."""

    width: int
    height: int

    @abstractmethod
    def bgr(self) -> NDArray[np.uint8]:
        """(H, W, 3), every pixel. Converted when first asked for, then kept."""

    @abstractmethod
    def scaled(self, width: int, height: int) -> NDArray[np.uint8]:
        """(height, width, 3) BGR, bilinear."""

    @abstractmethod
    def part(self, left: int, top: int, width: int, height: int) -> "Raster":
        """A rectangle of it in px, not copied; it begins at an even pixel."""

    @abstractmethod
    def luma(self) -> NDArray[np.uint8]:
        """(h, w) brightness with h from LUMA_HEIGHT_MIN on and below twice that, of smaller pictures their own: the
        mean of each square of `luma_step` px. Up to a step at the right and at the bottom is left out. Made once.
        """


def luma_step(height: int) -> int:
    """How many px of a picture of this height one of its small luma plane stands for, in both directions."""
    return max(1, height // LUMA_HEIGHT_MIN)
