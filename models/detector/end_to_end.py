"""Ultralytics' end-to-end head (YOLO26, YOLOv10): one row per object, chosen by the network."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.detector.candidates import Candidates, Question, one_output


def ultralytics_end_to_end(outputs: Sequence[NDArray[np.float32]], question: Question) -> Candidates:
    """(1, N, 6) rows `[x1, y1, x2, y2, score, class]` in input pixels, the N best.

    Such a head should give one box per object; after a short training it gives a second one now and then, which is why
    a card may still ask for suppression.
    """
    rows = one_output(outputs, columns=6, rows=None)
    rows = rows[(rows[:, 4] >= question.score_min) & np.isfinite(rows).all(axis=1)]
    return Candidates(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int64))
