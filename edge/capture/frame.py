"""One decoded picture of a camera."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.clock import Moment


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """image: (H, W, 3) uint8, BGR, the full decoded frame.

    stream_s: seconds since the stream's first frame by the stream's own timestamps, never going back: what rules
    measure with. moment: when that was by the box's clocks (at `replay`: start + stream_s).
    """

    camera_id: str
    index: int
    stream_s: float
    moment: Moment
    image: NDArray[np.uint8]

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    @property
    def width(self) -> int:
        return int(self.image.shape[1])
