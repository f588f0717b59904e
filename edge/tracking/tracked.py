"""What the tracker holds of every object it follows: one struct of arrays, a row per object."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from edge.tracking.association import Floats, Indices
from edge.tracking.kalman import BoxStates, no_states
from edge.tracking.track import Track


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Detections that may join or begin tracks. boxes: (M, 4) `[x1, y1, x2, y2]`; group: the class set of each."""

    boxes: Floats
    scores: Floats
    class_ids: NDArray[np.int64]
    groups: NDArray[np.int64]

    def take(self, keep: Indices | NDArray[np.bool_]) -> "Found":
        return Found(self.boxes[keep], self.scores[keep], self.class_ids[keep], self.groups[keep])


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """ids: 0 while tentative. boxes, scores: of the last detection; scores_best: the best of all. votes: (N, classes)
    sums of scores. hits: detections joined. first_s, last_s: stream seconds of the first and the last of them.
    """

    states: BoxStates
    ids: NDArray[np.int64]
    groups: NDArray[np.int64]
    boxes: Floats
    scores: Floats
    scores_best: Floats
    votes: Floats
    hits: NDArray[np.int64]
    first_s: Floats
    last_s: Floats

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, keep: Indices | NDArray[np.bool_]) -> "Tracked":
        arrays = (getattr(self, field.name)[keep] for field in fields(self)[1:])
        return Tracked(self.states.take(keep), *arrays)

    def joined(self, other: "Tracked") -> "Tracked":
        names = (field.name for field in fields(self)[1:])
        arrays = (np.concatenate((getattr(self, name), getattr(other, name))) for name in names)
        return Tracked(self.states.joined(other.states), *arrays)

    def tracks(self, rows: Indices, class_names: tuple[str, ...], now_s: float) -> tuple[Track, ...]:
        """The rows as values that leave the tracker."""
        columns = zip(
            self.ids[rows].tolist(),
            self.votes[rows].argmax(axis=1).tolist() if len(rows) else (),
            self.scores[rows].tolist(),
            map(tuple, self.boxes[rows].tolist()),
            map(tuple, self.states.boxes(rows).tolist()),
            self.first_s[rows].tolist(),
            self.last_s[rows].tolist(),
            self.hits[rows].tolist(),
            strict=True,
        )
        return tuple(
            Track(track_id, class_names[class_id], score, box, predicted, first_s, last_s, now_s, hits)
            for track_id, class_id, score, box, predicted, first_s, last_s, hits in columns
        )


def tracked_from(found: Found, states: BoxStates, classes: int, now_s: float) -> Tracked:
    """A new, tentative row per detection."""
    count = len(found.scores)
    votes = np.zeros((count, classes))
    votes[np.arange(count), found.class_ids] = found.scores
    times = np.full(count, now_s)
    zeros = np.zeros(count, np.int64)
    return Tracked(
        states,
        zeros,
        found.groups,
        found.boxes,
        found.scores,
        found.scores.copy(),
        votes,
        zeros + 1,
        times,
        times.copy(),
    )


def nothing_tracked(classes: int) -> Tracked:
    ids, boxes, numbers = np.empty(0, np.int64), np.empty((0, 4)), np.empty(0)
    return Tracked(no_states(), ids, ids, boxes, numbers, numbers, np.empty((0, classes)), ids, numbers, numbers)
