"""Pictures that this box has taken as evidence and still holds."""

import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.picture import PictureError, read_picture


def newest_key_frames(folder: Path, count_max: int) -> list[Path]:
    """folder: the box's. Originals alone, the newest first: derivatives are JPEG."""
    found: list[tuple[int, Path]] = []
    for path in folder.glob("incidents/*/*.png"):
        try:
            found.append((path.stat().st_mtime_ns, path))
        except FileNotFoundError:  # evicted meanwhile
            continue
    return [path for _, path in heapq.nlargest(count_max, found)]


def read_key_frames(paths: Sequence[Path]) -> Iterator[NDArray[np.uint8]]:
    """(H, W, 3) BGR; what cannot be read any more is left out."""
    for path in paths:
        try:
            yield read_picture(path)
        except PictureError:
            continue
