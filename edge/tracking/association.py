"""Which detection is which track: overlap of boxes, and the best one-to-one choice."""

import lap
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def overlaps(first: Floats, second: Floats) -> Floats:
    """(N, M) intersection over union of (N, 4) and (M, 4) boxes `[x1, y1, x2, y2]`; 0 where a box has no area."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sides = np.maximum(high - low, 0.0)
    shared: Floats = sides[:, :, 0] * sides[:, :, 1]
    union = _areas(first)[:, None] + _areas(second)[None, :] - shared
    np.divide(shared, union, out=shared, where=union > 0)
    return shared


def matched(likeness: Floats, likeness_min: float) -> tuple[Indices, Indices]:
    """Row and column numbers of the pairs with the greatest total likeness, each at least `likeness_min` (> 0).

    Linear assignment by Jonker and Volgenant (1987).
    """
    if not likeness.size:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    worth = np.where(likeness >= likeness_min, likeness, 0.0)
    column_of_row = lap.lapjv(-worth, extend_cost=True, return_cost=False)[0]
    rows = np.flatnonzero(column_of_row >= 0)
    columns = column_of_row[rows].astype(np.intp)
    kept = worth[rows, columns] > 0
    return rows[kept], columns[kept]


def _areas(boxes: Floats) -> Floats:
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0)
    return sides[:, 0] * sides[:, 1]
