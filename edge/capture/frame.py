"""One picture of a camera."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.clock import Moment
from models.detector.raster import Raster


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """raster: the full decoded frame, converted as far as somebody asks.

    stream_s: seconds since the stream's first frame by the stream's own timestamps, never going back: what rules
    measure with. moment: when that was by the box's clocks (at `replay`: start + stream_s).
    """

    camera_id: str
    index: int
    stream_s: float
    moment: Moment
    raster: Raster

    @property
    def image(self) -> NDArray[np.uint8]:
        """(H, W, 3), BGR, every pixel. Costs milliseconds when first asked for: for evidence, not for each frame."""
        return self.raster.bgr()

    @property
    def luma(self) -> NDArray[np.uint8]:
        """(h, w) brightness, 100 to 199 px high (smaller of smaller frames), made once, shared: not to be written to.

        For whatever looks at every frame and needs no detail: motion, a background, whether the camera sees anything.
        """
        return self.raster.luma()

    @property
    def height(self) -> int:
        return self.raster.height

    @property
    def width(self) -> int:
        return self.raster.width
