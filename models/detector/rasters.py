"""Pictures in the two forms in which they come: planes of a video decoder, and BGR of everything else."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detector.raster import Colours, Matrix, Planes, Raster, luma_step

KR_KB: dict[Matrix, tuple[float, float]] = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
}


class BgrRaster(Raster):
    """image: (H, W, 3) uint8, BGR."""

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self.height, self.width = image.shape[:2]
        self._image = image
        self._luma: NDArray[np.uint8] | None = None

    def bgr(self) -> NDArray[np.uint8]:
        return self._image

    def scaled(self, width: int, height: int) -> NDArray[np.uint8]:
        return np.asarray(cv2.resize(self._image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)

    def part(self, left: int, top: int, width: int, height: int) -> Raster:
        return BgrRaster(self._image[top : top + height, left : left + width])

    def luma(self) -> NDArray[np.uint8]:
        if self._luma is None:
            self._luma = np.asarray(cv2.cvtColor(_squares(self._image), cv2.COLOR_BGR2GRAY), np.uint8)
        return self._luma


class PlanarRaster(Raster):
    """Scaled before it is converted: both are linear, and a network's input has an eighth of a camera's pixels."""

    def __init__(self, planes: Planes) -> None:
        self.height, self.width = planes.y.shape
        self.planes = planes
        self._to_bgr = to_bgr(planes.colours)
        self._bgr: NDArray[np.uint8] | None = None
        self._luma: NDArray[np.uint8] | None = None

    def bgr(self) -> NDArray[np.uint8]:
        if self._bgr is None:
            self._bgr = self.whole()
        return self._bgr

    def whole(self) -> NDArray[np.uint8]:
        return self.scaled(self.width, self.height)

    def scaled(self, width: int, height: int) -> NDArray[np.uint8]:
        planes = (self.planes.y, self.planes.u, self.planes.v)
        yuv = cv2.merge([_bilinear(plane, width, height) for plane in planes])
        return np.asarray(cv2.transform(yuv, self._to_bgr), np.uint8)

    def part(self, left: int, top: int, width: int, height: int) -> Raster:
        half = (slice(top // 2, (top + height + 1) // 2), slice(left // 2, (left + width + 1) // 2))
        planes = self.planes
        y = planes.y[top : top + height, left : left + width]
        return PlanarRaster(Planes(y, planes.u[half], planes.v[half], planes.colours))

    def luma(self) -> NDArray[np.uint8]:
        if self._luma is None:
            self._luma = _squares(self.planes.y)
        return self._luma


def to_bgr(colours: Colours) -> NDArray[np.float32]:
    """(3, 4): `[B, G, R] = rows @ [Y, U, V, 1]`, each 0..255."""
    kr, kb = KR_KB[colours.matrix]
    kg = 1 - kr - kb
    y, chroma, black = (1.0, 1.0, 0.0) if colours.full_range else (255 / 219, 255 / 224, 16.0)
    blue, red = 2 * (1 - kb) * chroma, 2 * (1 - kr) * chroma
    rows = np.array([[y, blue, 0.0, 0.0], [y, -blue * kb / kg, -red * kr / kg, 0.0], [y, 0.0, red, 0.0]])
    rows[:, 3] = -rows[:, :3] @ [black, 128.0, 128.0]
    return rows.astype(np.float32)


def _bilinear(plane: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """At a third, a fifth and so on, as 1080p at 640 px, the middle of each square is a pixel: it is taken as it is, to
    the bit what OpenCV says in twice the time.
    """
    step = plane.shape[0] // height
    if step % 2 and plane.shape == (step * height, step * width):
        return plane[step // 2 :: step, step // 2 :: step]
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _squares(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The means of squares, in whole px: a tenth of what any other size costs."""
    step = luma_step(image.shape[0])
    height, width = image.shape[0] // step, max(1, image.shape[1] // step)
    whole = image[: height * step, : width * step]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
