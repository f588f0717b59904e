"""Whether two engines see the same: the rule, on what they found in the same pictures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap

import numpy as np

from models.detector.detections import Detections
from models.detector.overlap import overlaps

SCORE_MIN = 0.4
SCORE_SLACK = 0.1  # a counterpart may score so much less than SCORE_MIN, else rounding at the threshold were a loss
OVERLAP_MIN = 0.9  # intersection over union of a detection and its counterpart
AGREEING_MIN = 0.99  # share of detections that have a counterpart, of each of the two
COUNT_MIN = 100  # detections of the reference: with fewer, a single miss decides, or none can show


@dataclass(frozen=True, slots=True)
class Agreement:
    """Over all pictures. seen, found: detections from SCORE_MIN on, of the reference and of the engine under test.
    missed: of seen, without a counterpart; added: of found, likewise. By class name; a class without any is left out.
    """

    pictures: int
    seen: Mapping[str, int]
    found: Mapping[str, int]
    missed: Mapping[str, int]
    added: Mapping[str, int]

    @property
    def agreeing(self) -> float:
        """The smaller of the two shares, 0..1; 1 where nothing is seen by either."""
        return min(_share(self.seen, self.missed), _share(self.found, self.added))

    @property
    def refusal(self) -> str | None:
        """Why the engine is none to rely on, in a line; None when it is."""
        seen, found = sum(self.seen.values()), sum(self.found.values())
        if seen < COUNT_MIN:
            return f"only {seen} detections in {self.pictures} pictures to judge by; at least {COUNT_MIN} are needed"
        if self.agreeing >= AGREEING_MIN:
            return None
        missed, added = sum(self.missed.values()), sum(self.added.values())
        return (
            f"sees something else than the reference: {missed} of its {seen} detections are missing and "
            f"{added} of {found} are not there; at most {1 - AGREEING_MIN:.0%} may"
        )


def agreement(reference: Sequence[Detections], tested: Sequence[Detections]) -> Agreement:
    """Both of the same pictures in the same order, down to a score of SCORE_MIN - SCORE_SLACK at least.

    Raises ValueError when their numbers differ.
    """
    pairs = list(zip(reference, tested, strict=True))
    return Agreement(
        pictures=len(pairs),
        seen=_count(reference),
        found=_count(tested),
        missed=sum(starmap(_alone, pairs), Counter()),
        added=sum((_alone(tested, seen) for seen, tested in pairs), Counter()),
    )


def _count(found: Sequence[Detections]) -> Counter[str]:
    return Counter(one.class_names[i] for one in found for i in one.class_ids[one.scores >= SCORE_MIN])


def _alone(ours: Detections, theirs: Detections) -> Counter[str]:
    """Those of ours from SCORE_MIN on without a counterpart: the same class, overlapping enough, each taken once."""
    ours, theirs = ours.above(SCORE_MIN), theirs.above(SCORE_MIN - SCORE_SLACK)
    near = overlaps(ours.boxes, theirs.boxes)
    near[ours.class_ids[:, None] != theirs.class_ids[None, :]] = 0
    alone, taken = set(range(len(ours))), set[int]()
    rows, columns = np.nonzero(near >= OVERLAP_MIN)
    for index in np.argsort(-near[rows, columns], kind="stable"):
        row, column = int(rows[index]), int(columns[index])
        if row in alone and column not in taken:
            alone.remove(row)
            taken.add(column)
    return Counter(ours.class_names[ours.class_ids[row]] for row in alone)


def _share(all_of_them: Mapping[str, int], alone: Mapping[str, int]) -> float:
    count = sum(all_of_them.values())
    return 1 - sum(alone.values()) / count if count else 1.0
