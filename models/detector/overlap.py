"""How much boxes overlap."""

import numpy as np
from numpy.typing import NDArray


def overlaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 4) and (M, 4) boxes `[x1, y1, x2, y2]` in any one unit -> (N, M) intersection over union."""
    near = np.maximum(a[:, None, :2], b[None, :, :2])
    far = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod((far - near).clip(0), axis=2)
    union = areas(a)[:, None] + areas(b)[None, :] - shared
    both: NDArray[np.float32] = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return both


def areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    sides = boxes[:, 2:] - boxes[:, :2]
    return sides[:, 0] * sides[:, 1]
