"""PicoDet (Yu et al. 2021, arXiv 2111.00902), of PaddleDetection: scores and distances per stride."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.detector.candidates import Candidates, Question, best_of_each, cells
from models.detector.distribution import boxes_around
from models.errors import PackageError

STRIDES_PX = (8, 16, 32, 64)
BINS = 8


def picodet(outputs: Sequence[NDArray[np.float32]], question: Question) -> Candidates:
    """Four outputs (1, cells, classes) of probabilities, strides 8 to 64, then four (1, cells, 32) of 4 x 8 logits of
    distances from the middle of the cell.
    """
    levels = [cells(question.input_width, question.input_height, (stride,)) for stride in STRIDES_PX]
    wanted = [(1, len(level), columns) for columns in (question.class_count, 4 * BINS) for level in levels]
    if [output.shape for output in outputs] != wanted:
        shapes = ", ".join(str(output.shape) for output in outputs)
        raise PackageError(f"the network's outputs are {shapes}, not {', '.join(map(str, wanted))}: another format")
    grid = np.concatenate(levels)
    scores, logits = (np.concatenate([output[0] for output in half]) for half in (outputs[:4], outputs[4:]))
    kept, class_ids = best_of_each(scores, question.score_min)
    strides_px = grid[kept, 2]
    points = (grid[kept, :2] + 0.5) * strides_px[:, None]
    return Candidates(boxes_around(points, strides_px, logits[kept]), scores[kept, class_ids], class_ids)
