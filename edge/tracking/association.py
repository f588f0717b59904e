"""Which detection is which track: overlap of boxes, and the best one-to-one choice."""

import lap
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
AREA_MIN = np.finfo(np.float64).tiny  # so that nothing is divided by 0


def overlaps(first: Floats, second: Floats) -> Floats:
    """(N, M) intersection over union of (N, 4) and (M, 4) boxes `[x1, y1, x2, y2]`; 0 where a box has no area.

    Fastest for boxes that lie in memory side by side: all x1, all y1, all x2, all y2.
    """
    one, other = first.T, second.T
    sides = np.minimum(one[2:, :, None], other[2:, None, :])
    sides -= np.maximum(one[:2, :, None], other[:2, None, :])
    np.maximum(sides, 0.0, out=sides)
    shared: Floats = sides[0] * sides[1]
    union = _areas(one)[:, None] + _areas(other)
    union -= shared
    np.maximum(union, AREA_MIN, out=union)
    shared /= union
    return shared


def matched(likeness: Floats, likeness_min: float) -> tuple[Indices, Indices]:
    """Row and column numbers of the pairs with the greatest total likeness, each at least `likeness_min` (> 0).

    Where each column's best row is another one, or each row's best column, these are the answer: no total can be
    greater. Only where they compete is the linear assignment solved.
    """
    if not likeness.size:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    rows, columns = _best_of_columns(likeness, likeness_min)
    if _distinct(rows):
        return rows, columns
    columns, rows = _best_of_columns(likeness.T, likeness_min)
    if _distinct(columns):
        return rows, columns
    return _assigned(np.where(likeness >= likeness_min, likeness, 0.0))


def _best_of_columns(likeness: Floats, likeness_min: float) -> tuple[Indices, Indices]:
    """The best row of each column that has one of at least `likeness_min`."""
    best = likeness.argmax(axis=0)
    columns = (likeness[best, np.arange(len(best))] >= likeness_min).nonzero()[0]
    return best[columns], columns


def _distinct(numbers: Indices) -> bool:
    return len(set(numbers.tolist())) == len(numbers)


def _assigned(worth: Floats) -> tuple[Indices, Indices]:
    """Linear assignment by Jonker and Volgenant (1987); pairs without worth are none."""
    column_of_row = lap.lapjv(-worth, extend_cost=True, return_cost=False)[0]
    rows = np.flatnonzero(column_of_row >= 0)
    columns = column_of_row[rows].astype(np.intp)
    kept = worth[rows, columns] > 0
    return rows[kept], columns[kept]


def _areas(corners: Floats) -> Floats:
    """(N,) of (4, N)."""
    sides = np.maximum(corners[2:] - corners[:2], 0.0)
    areas: Floats = sides[0] * sides[1]
    return areas
