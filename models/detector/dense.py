"""Ultralytics' dense head (YOLOv8, YOLO11, YOLO26 without its end-to-end head): a column per cell."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.detector.candidates import Candidates, Question, one_output


def ultralytics_dense(outputs: Sequence[NDArray[np.float32]], question: Question) -> Candidates:
    """(1, 4 + classes, N) columns `[centre x, centre y, width, height, score of each class]`: boxes in input pixels,
    scores already probabilities.
    """
    columns = one_output(outputs, columns=None, rows=4 + question.class_count)
    kept = np.flatnonzero(columns[4:].max(axis=0, initial=-np.inf) >= question.score_min)
    chosen = columns[:, kept]  # the few that matter, before anything costs per class
    class_ids = chosen[4:].argmax(axis=0).astype(np.int64)
    scores = chosen[4:][class_ids, np.arange(len(kept))]
    centre, half = chosen[:2].T, chosen[2:4].T / 2
    return Candidates(np.concatenate([centre - half, centre + half], axis=1), scores, class_ids)
