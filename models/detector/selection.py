"""Candidates -> detections: our class names, thresholds, the frame's edges, one box for one object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.detector.candidates import Candidates
from models.detector.detections import Detections
from models.detector.letterbox import Letterbox
from models.detector.suppression import distinct
from models.errors import PackageError

CANDIDATES_MAX = 1000  # that go into suppression, whose cost is their square; as GFL, NanoDet and PicoDet do


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """class_names: ours. ours_of: (network's classes,) int64, our class of each of the network's, -1: none of ours.
    score_min: (our classes,) float32, from which on each is reported.
    """

    class_names: tuple[str, ...]
    ours_of: NDArray[np.int64]
    score_min: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        class_names: tuple[str, ...],
        network_classes: Sequence[str] | None,
        renamed: Mapping[str, str],
        score_min: Mapping[str, float] | float,
    ) -> "Vocabulary":
        """network_classes: in the network's order, default ours. renamed: the network's name -> ours; a name that is
        neither there nor ours is nobody's. score_min: of each class, or of all.
        """
        theirs = [renamed.get(name, name) for name in network_classes or class_names]
        ours_of = np.array([class_names.index(name) if name in class_names else -1 for name in theirs], np.int64)
        scores = score_min if isinstance(score_min, Mapping) else dict.fromkeys(class_names, score_min)
        return cls(class_names, ours_of, np.array([scores[name] for name in class_names], np.float32))


def select(found: Candidates, letterbox: Letterbox, vocabulary: Vocabulary, overlap_max: float) -> Detections:
    """Boxes are clipped to the frame; what lies outside it, in the padding, what is not finite, not a class of ours or
    below its class's threshold goes, then what overlaps a better box of its class by more than overlap_max.

    Raises PackageError when the network speaks of a class that the card does not name.
    """
    class_ids = found.class_ids
    if len(class_ids) and not 0 <= int(class_ids.min()) <= int(class_ids.max()) < len(vocabulary.ours_of):
        raise PackageError(
            f"the network speaks of class {int(class_ids.max())}, the card names {len(vocabulary.ours_of)}"
        )
    class_ids = vocabulary.ours_of[class_ids]
    finite = np.isfinite(found.boxes).all(axis=1) & np.isfinite(found.scores)
    kept = np.flatnonzero(finite & (class_ids >= 0) & (found.scores >= vocabulary.score_min[class_ids]))
    if len(kept) > CANDIDATES_MAX:
        kept = kept[np.argsort(-found.scores[kept], kind="stable")[:CANDIDATES_MAX]]
    boxes = letterbox.to_frame(found.boxes[kept]).clip(0.0, 1.0)
    inside = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    boxes, scores, class_ids = boxes[inside], found.scores[kept][inside].clip(0.0, 1.0), class_ids[kept][inside]
    stays = distinct(boxes, scores, class_ids, overlap_max)
    return Detections(boxes[stays], scores[stays], class_ids[stays], vocabulary.class_names)
