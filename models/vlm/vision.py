"""Pictures to features that stand in the prompt where their tokens are; each picture once."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.engine.engine import Engine
from models.errors import ModelError, PackageError
from models.vlm.image import Preparation
from models.vlm.prompt import Grid

CACHE_BYTES_MAX = 32 * 1024**2  # some 200 single tiles of SmolVLM-256M


@dataclass(frozen=True, slots=True)
class Sight:
    """A picture as the language model gets it. key: of its pixels and how they were cut. features: (tiles, tokens of
    one, hidden) float32.
    """

    key: bytes
    grid: Grid
    features: NDArray[np.float32]

    def row(self, index: int) -> NDArray[np.float32]:
        """(hidden,) float32: the index-th of all its features, tile after tile."""
        tile, within = divmod(index, self.features.shape[1])
        row: NDArray[np.float32] = self.features[tile, within]
        return row


class VisionEncoder:
    """image_tokens, hidden: what the package says a tile becomes. Raises PackageError.

    What a picture became is kept, up to `cache_bytes_max`, the least lately used going first.
    """

    def __init__(
        self,
        engine: Engine,
        preparation: Preparation,
        *,
        image_tokens: int,
        hidden: int,
        source: str,
        cache_bytes_max: int = CACHE_BYTES_MAX,
    ) -> None:
        names = {tensor.name for tensor in engine.inputs}
        if "pixel_values" not in names or names - {"pixel_values", "pixel_attention_mask"}:
            raise PackageError(
                f"{source}: its vision encoder wants {', '.join(sorted(names))}; "
                "an Idefics3 or SmolVLM export has pixel_values and pixel_attention_mask"
            )
        self._engine, self._preparation, self._source = engine, preparation, source
        self._masked = "pixel_attention_mask" in names
        self._shape = (1, image_tokens, hidden)
        self._seen: OrderedDict[bytes, Sight] = OrderedDict()
        self._bytes, self._bytes_max = 0, cache_bytes_max
        self.computed = 0  # tiles since the start

    def look(self, image: NDArray[np.uint8], *, split: bool = False) -> Sight:
        """image: (H, W, 3) uint8 BGR. Raises PictureError, PackageError, EngineError, ModelError."""
        pixels = np.ascontiguousarray(image)
        hashed = hashlib.sha256(pixels.data)
        hashed.update(repr((pixels.shape, split)).encode())
        key = hashed.digest()
        if key in self._seen:
            self._seen.move_to_end(key)
            return self._seen[key]
        tiles = self._preparation.split(image) if split else self._preparation.one_tile(image)
        features = np.concatenate([self._encode(tile) for tile in tiles.pixels])
        return self._keep(Sight(key, Grid(tiles.rows, tiles.columns), features))

    def _encode(self, tile: NDArray[np.float32]) -> NDArray[np.float32]:
        feeds: dict[str, NDArray[np.float32] | NDArray[np.bool_]] = {"pixel_values": tile[None, None]}
        if self._masked:
            feeds["pixel_attention_mask"] = np.ones((1, 1, *tile.shape[1:]), np.bool_)
        features = self._engine.run(feeds)[0]
        self.computed += 1
        if features.shape != self._shape:
            raise PackageError(
                f"{self._source}: its vision encoder makes {features.shape} of a tile, "
                f"its card and its decoder say {self._shape}"
            )
        if not np.isfinite(features).all():
            raise ModelError(f"{self._source}: its vision encoder's output is not a number; the package is broken")
        return np.asarray(features, np.float32)

    def _keep(self, sight: Sight) -> Sight:
        self._seen[sight.key] = sight
        self._bytes += sight.features.nbytes
        while self._bytes > self._bytes_max and len(self._seen) > 1:
            self._bytes -= self._seen.popitem(last=False)[1].features.nbytes
        return sight
