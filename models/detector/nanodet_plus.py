"""NanoDet-Plus (RangiLyu, Apache-2.0): one output, scores and distributions side by side."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.detector.candidates import Candidates, Question, best_of_each, cells, one_output
from models.detector.distribution import boxes_around

STRIDES_PX = (8, 16, 32, 64)
BINS = 8


def nanodet_plus(outputs: Sequence[NDArray[np.float32]], question: Question) -> Candidates:
    """(1, cells, classes + 32) rows `[score of each class, 4 x 8 logits of distances]`, cells of strides 8 to 64 (the
    last ones may reach over the edge); scores are probabilities. Distances count from the cell's corner.
    """
    grid = cells(question.input_width, question.input_height, STRIDES_PX)
    rows = one_output(outputs, columns=question.class_count + 4 * BINS, rows=len(grid))
    scores = rows[:, : question.class_count]
    kept, class_ids = best_of_each(scores, question.score_min)
    strides_px = grid[kept, 2]
    points = grid[kept, :2] * strides_px[:, None]
    boxes = boxes_around(points, strides_px, rows[kept, question.class_count :])
    return Candidates(boxes, scores[kept, class_ids], class_ids)
