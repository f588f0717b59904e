"""A decoder's planes as a picture. The whole of it, as evidence, is FFmpeg's own conversion, to the bit."""

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from models.detector.raster import Matrix, Planes, Raster
from models.detector.rasters import BgrRaster, PlanarRaster

SPACES: dict[Matrix, int] = {"bt601": Colorspace.DEFAULT, "bt709": Colorspace.ITU709, "bt2020": 9}


class DecodedRaster(PlanarRaster):
    def whole(self) -> NDArray[np.uint8]:
        frame = VideoFrame(self.width, self.height, "yuv420p")
        frame.colorspace = SPACES[self.planes.colours.matrix]
        frame.color_range = ColorRange.JPEG if self.planes.colours.full_range else ColorRange.MPEG
        for plane, values in zip(frame.planes, (self.planes.y, self.planes.u, self.planes.v), strict=True):
            lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            lines[: plane.height, : plane.width] = values
        return np.ascontiguousarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)


def raster_of(pixels: NDArray[np.uint8] | Planes) -> Raster:
    """pixels: an array is (H, W, 3) uint8, BGR."""
    return DecodedRaster(pixels) if isinstance(pixels, Planes) else BgrRaster(pixels)
