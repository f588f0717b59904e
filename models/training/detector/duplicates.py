"""Near duplicates by perceptual hash: pictures that show the same, also mirrored, whatever their size and compression.

Difference hash (Krawetz, 2013) at 16 x 16: bit = a cell is brighter than its right neighbour.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 16
DISTANCE_MAX = 28  # of 256 bits; two frames of a clip differ by less, two scenes by about 100


def hashes(path: Path) -> NDArray[np.uint64]:
    """(2, 4) uint64: the picture's 256 bits and its mirror image's. Raises ValueError for what is no picture."""
    grey = cv2.imread(str(path), cv2.IMREAD_REDUCED_GRAYSCALE_4)
    if grey is None:
        raise ValueError(f"{path}: not a picture")
    small = cv2.resize(grey, (SIDE + 1, SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
    brighter = np.stack([small[:, :-1] > small[:, 1:], small[:, :0:-1] > small[:, -2::-1]])
    return np.packbits(brighter.reshape(2, -1), axis=1).view(np.uint64)


def near(of: NDArray[np.uint64], among: NDArray[np.uint64], distance_max: int = DISTANCE_MAX) -> list[tuple[int, int]]:
    """Index pairs whose hashes differ in at most distance_max bits. of, among: (N, 2, 4), as `hashes` gives them; both
    sides of `among` are compared with the picture itself.
    """
    pairs = []
    for index, (own, _) in enumerate(of):
        bits = np.bitwise_count(among ^ own).sum(axis=2).min(axis=1)
        pairs.extend((index, int(other)) for other in np.flatnonzero(bits <= distance_max))
    return pairs


def hashes_of(paths: Sequence[Path]) -> NDArray[np.uint64]:
    """(N, 2, 4) uint64."""
    return np.stack([hashes(path) for path in paths])
