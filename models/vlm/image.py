"""A picture becomes the tiles that an Idefics3 or SmolVLM vision encoder takes.

As transformers' `SmolVLMImageProcessorPil` and `Idefics3ImageProcessorPil` do it, pixel for pixel: one tile is their
`do_image_splitting=False, do_resize=False`, split tiles are `do_image_splitting=True`.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.errors import PackageError
from models.picture import PictureError
from models.vlm.crop import refuse_sliver

LONGEST_PX_MAX = 4096  # whatever a package asks for
TILE_PX_MAX = 2048

Size = tuple[int, int]  # width, height


@dataclass(frozen=True, slots=True)
class Tiles:
    """pixels: (N, 3, S, S) float32, row by row; with a grid, the whole picture, squeezed, comes last. rows, columns: of
    the grid; 0 for one tile.
    """

    pixels: NDArray[np.float32]
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Preparation:
    """tile_px: side of a tile. longest_px: to which the longer side is scaled before it is split. table: (3, 256)
    float32, the network's number for each value of each channel, red first. filter: one of Pillow's.
    """

    tile_px: int
    longest_px: int
    table: NDArray[np.float32]
    filter: Image.Resampling

    def one_tile(self, image: NDArray[np.uint8]) -> Tiles:
        """image: (H, W, 3) uint8 BGR. Squeezed into the tile, whatever its proportions. Raises PictureError."""
        picture = _picture(image)
        return Tiles(self._numbers([self._resized(picture, (self.tile_px, self.tile_px))]), 0, 0)

    def split(self, image: NDArray[np.uint8]) -> Tiles:
        """image: (H, W, 3) uint8 BGR. Scaled up as well as down, then cut. Raises PictureError."""
        picture = self._resized(_picture(image), scaled(image.shape[1], image.shape[0], self.longest_px))
        side = self.tile_px
        picture = self._resized(picture, whole_tiles(*picture.size, side))
        columns, rows = picture.width // side, picture.height // side
        if (rows, columns) == (1, 1):
            return Tiles(self._numbers([picture]), 0, 0)
        corners = [(column * side, row * side) for row in range(rows) for column in range(columns)]
        tiles = [picture.crop((left, top, left + side, top + side)) for left, top in corners]
        return Tiles(self._numbers([*tiles, self._resized(picture, (side, side))]), rows, columns)

    def _resized(self, picture: Image.Image, size: Size) -> Image.Image:
        return picture.resize(size, resample=self.filter)

    def _numbers(self, tiles: list[Image.Image]) -> NDArray[np.float32]:
        pixels = np.empty((len(tiles), 3, self.tile_px, self.tile_px), np.float32)
        for tile, numbers in zip(tiles, pixels, strict=True):
            for channel, values in enumerate(reversed(cv2.split(np.asarray(tile)))):
                cv2.LUT(values, self.table[channel], numbers[channel])
        return pixels


def _picture(image: NDArray[np.uint8]) -> Image.Image:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise PictureError(f"an array {image.dtype} {image.shape}; give (height, width, 3) uint8, BGR")
    refuse_sliver(image)
    # Blue stays first until the tile is small: scaling takes each channel by itself.
    return Image.fromarray(np.ascontiguousarray(image))


def scaled(width: int, height: int, longest_px: int) -> Size:
    """The longer side becomes longest_px, the shorter an even number of pixels (rounded down, then up to even)."""
    proportion = width / height
    if width >= height:
        width, height = longest_px, int(longest_px / proportion)
        height += height % 2
    else:
        width, height = int(longest_px * proportion), longest_px
        width += width % 2
    return max(width, 1), max(height, 1)


def whole_tiles(width: int, height: int, side: int) -> Size:
    """Both sides grow to whole tiles, the longer first; the shorter from the proportions before."""
    proportion = width / height
    if width >= height:
        width = math.ceil(width / side) * side
        return width, math.ceil(int(width / proportion) / side) * side
    height = math.ceil(height / side) * side
    return math.ceil(int(height * proportion) / side) * side, height


def read_preparation(content: bytes, source: str) -> Preparation:
    """content: of a package's `preprocessor_config.json`. Raises PackageError, which names `source`."""
    try:
        facts: dict[str, Any] = json.loads(content)
        tile_px = int(facts["max_image_size"]["longest_edge"])
        longest_px = min(int(facts["size"]["longest_edge"]), LONGEST_PX_MAX)
        mean, std = np.array(facts["image_mean"], np.float32), np.array(facts["image_std"], np.float32)
        resampling = Image.Resampling(facts.get("resample", Image.Resampling.LANCZOS))
        scale = float(facts.get("rescale_factor", 1 / 255)) if facts.get("do_rescale", True) else 1.0
        normalised = bool(facts.get("do_normalize", True))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PackageError(f"{source}: not an Idefics3 image processor's: {error!r}"[:300]) from error
    if not 8 <= tile_px <= TILE_PX_MAX or longest_px < 1:
        raise PackageError(f"{source}: tiles of {tile_px} px out of {longest_px} px; up to {TILE_PX_MAX} are possible")
    if mean.shape != (3,) or std.shape != (3,) or not (np.isfinite(mean).all() and (std > 0).all()):
        raise PackageError(f"{source}: image_mean and image_std must be three numbers, std above 0")
    values = (np.arange(256, dtype=np.float64) * scale).astype(np.float32)
    table = (values - mean[:, None]) / std[:, None] if normalised else np.tile(values, (3, 1))
    return Preparation(tile_px, longest_px, table.astype(np.float32), resampling)
