"""Boxes whose sides are distributions (Generalized Focal Loss, Li et al. 2020, arXiv 2006.04388)."""

import numpy as np
from numpy.typing import NDArray


def boxes_around(
    points: NDArray[np.float32], strides_px: NDArray[np.float32], logits: NDArray[np.float32]
) -> NDArray[np.float32]:
    """points: (N, 2) px. strides_px: (N,). logits: (N, 4 * bins) over the distances 0, 1 .. bins - 1, in strides, from
    the point to the left, top, right and bottom side; each distance is its distribution's mean.

    Returns (N, 4) `[x1, y1, x2, y2]` px.
    """
    bins = logits.reshape(len(logits), 4, logits.shape[1] // 4)
    weights = np.exp(bins - bins.max(axis=2, keepdims=True, initial=-np.inf))
    means = weights @ np.arange(bins.shape[2], dtype=np.float32) / weights.sum(axis=2)
    distances = means * strides_px[:, None]
    boxes: NDArray[np.float32] = np.concatenate([points - distances[:, :2], points + distances[:, 2:]], axis=1)
    return boxes
