"""What a score is worth: the threshold of a stated precision, and the chance that a box is right, by Platt's scaling.

scores: (N,) in 0..1, of the boxes of one class; right: (N,) bool, whether each is on a labelled object.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Right = NDArray[np.bool_]

EDGE = 1e-4  # scores are kept this far from 0 and 1 for their logit
ROUNDS = 50  # of Newton's method; it converges in about ten
BINS = 10


@dataclass(frozen=True)
class OperatingPoint:
    """score: from here on a box is believed. precision and recall: of the boxes from there on. reached: whether the
    precision is what was asked for; else it is the best that boxes_min boxes have.
    """

    score: float
    precision: float
    recall: float
    boxes: int
    reached: bool


def operating_point(
    scores: Scores, right: Right, objects: int, precision_min: float, recall_min: float = 0.2
) -> OperatingPoint | None:
    """The lowest score from which on at least precision_min of the boxes are right, where that finds recall_min of the
    objects; else the score of the best precision that finds so many: a threshold that finds nothing is of no use. None
    where no score does. objects: labelled.
    """
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(right[order])
    count = np.arange(1, len(ranked) + 1)
    recall = hits / max(objects, 1)
    last_of_score = np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)]  # a threshold takes equals together
    usable = np.flatnonzero((recall >= recall_min) & last_of_score)
    if not len(usable):
        return None
    precision = hits[usable] / count[usable]
    reached = np.flatnonzero(precision >= precision_min)
    best = reached[-1] if len(reached) else int(np.argmax(precision))
    index = usable[best]
    return OperatingPoint(
        float(ranked[index]),
        float(precision[best]),
        float(recall[index]),
        int(count[index]),
        bool(len(reached)),
    )


@dataclass(frozen=True)
class Platt:
    """The chance that a box of this score is right: sigmoid(slope * logit(score) + offset) (Platt, 1999)."""

    slope: float
    offset: float

    def chance(self, scores: Scores) -> Scores:
        return _sigmoid(self.slope * _logit(scores) + self.offset)


def platt(scores: Scores, right: Right) -> Platt:
    """Newton's method on the log loss with Platt's own smoothed targets, so that a few boxes that are all right do not
    give certainty. Raises ValueError without boxes.
    """
    if not len(scores):
        raise ValueError("no boxes to calibrate by")
    hits = int(right.sum())
    target = np.where(right, (hits + 1) / (hits + 2), 1 / (len(right) - hits + 2))
    columns = np.stack([_logit(scores), np.ones_like(scores)], axis=1)
    weights = np.array([1.0, 0.0])
    ridge = np.eye(2) * 1e-3
    for _ in range(ROUNDS):
        chance = _sigmoid(columns @ weights)
        gradient = columns.T @ (chance - target) + ridge @ (weights - np.array([1.0, 0.0]))
        curvature = (columns * (chance * (1 - chance))[:, None]).T @ columns + ridge
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-9:
            break
    return Platt(float(weights[0]), float(weights[1]))


def calibration_error(chances: Scores, right: Right, bins: int = BINS) -> float:
    """Expected calibration error (Naeini et al., 2015): how far chance and share that is right lie apart, over equal
    bins.
    """
    if not len(chances):
        return float("nan")
    place = np.minimum((chances * bins).astype(int), bins - 1)
    off = [abs(float(chances[place == i].sum() - right[place == i].sum())) for i in range(bins)]
    return sum(off) / len(chances)


def _logit(scores: Scores) -> Scores:
    kept = np.clip(scores, EDGE, 1 - EDGE)
    return np.asarray(np.log(kept / (1 - kept)), np.float64)


def _sigmoid(values: Scores) -> Scores:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -50, 50))), np.float64)
