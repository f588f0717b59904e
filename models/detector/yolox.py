"""YOLOX (Ge et al. 2021, arXiv 2107.08430) as its exporter writes it, without the decoding in the graph."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.detector.candidates import Candidates, Question, best_of_each, cells, one_output

STRIDES_PX = (8, 16, 32)


def yolox(outputs: Sequence[NDArray[np.float32]], question: Question) -> Candidates:
    """(1, cells, 5 + classes) rows `[x, y, w, h, objectness, score of each class]`, cells of strides 8, 16, 32.

    x and y are offsets from the cell's corner in cells, w and h logarithms of cells; a class's score counts as much as
    there is an object at all, so the two are multiplied.
    """
    grid = cells(question.input_width, question.input_height, STRIDES_PX)
    rows = one_output(outputs, columns=5 + question.class_count, rows=len(grid))
    objects = np.flatnonzero(rows[:, 4] >= question.score_min)  # no product can be above its objectness
    scores = rows[objects, 4:5] * rows[objects, 5:]
    kept, class_ids = best_of_each(scores, question.score_min)
    rows, grid = rows[objects[kept]], grid[objects[kept]]
    stride = grid[:, 2:]
    centre = (rows[:, :2] + grid[:, :2]) * stride
    with np.errstate(over="ignore"):  # an absurd size is infinite, and dropped as such
        half = np.exp(rows[:, 2:4]) * stride / 2
    return Candidates(np.concatenate([centre - half, centre + half], axis=1), scores[kept, class_ids], class_ids)
