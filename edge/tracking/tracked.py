"""What the tracker holds of its objects, and of a frame's detections: few arrays, a column per object."""

from collections.abc import Sequence
from itertools import compress, repeat

import numpy as np
from numpy.typing import NDArray

from edge.tracking.association import Floats, Indices
from edge.tracking.kalman import BoxStates, no_states
from edge.tracking.track import Track

Flags = NDArray[np.bool_]
BOX_AND_SCORE = slice(0, 5)  # rows of `Tracked.numbers` that are the last detection's


class Found:
    """Detections that may join or begin tracks, best first.

    table: (5, M) x1, y1, x2, y2, score; boxes: the same as (M, 4); groups: the class set of each.
    """

    __slots__ = ("boxes", "class_ids", "groups", "scores", "table")

    def __init__(self, table: Floats, class_ids: NDArray[np.int64], groups: NDArray[np.int64]) -> None:
        self.table, self.class_ids, self.groups = table, class_ids, groups
        self.boxes = table[:4].T
        self.scores: Floats = table[4]

    def __len__(self) -> int:
        return len(self.class_ids)

    def take(self, keep: Indices | Flags) -> "Found":
        return Found(self.table[:, keep], self.class_ids[keep], self.groups[keep])


class Tracked:
    """states: of N objects. numbers: (8 + classes, N) the last detection's x1, y1, x2, y2 and score, the best score of
    all, the stream seconds of the first and the last of them, and per class the sum of scores (`votes`).
    counts: (3, N) ids (0 while tentative), class sets, detections joined. The named rows are views.
    """

    __slots__ = ("counts", "first_s", "groups", "hits", "ids", "last_s", "numbers", "scores_best", "states", "votes")

    def __init__(self, states: BoxStates, numbers: Floats, counts: NDArray[np.int64]) -> None:
        self.states, self.numbers, self.counts = states, numbers, counts
        self.scores_best: Floats = numbers[5]
        self.first_s: Floats = numbers[6]
        self.last_s: Floats = numbers[7]
        self.votes = numbers[8:]
        self.ids, self.groups, self.hits = counts

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def scores(self) -> Floats:
        scores: Floats = self.numbers[4]
        return scores

    def take(self, keep: Indices | Flags) -> "Tracked":
        return Tracked(self.states.take(keep), self.numbers[:, keep], self.counts[:, keep])

    def joined(self, other: "Tracked") -> "Tracked":
        numbers = np.concatenate((self.numbers, other.numbers), axis=1)
        return Tracked(self.states.joined(other.states), numbers, np.concatenate((self.counts, other.counts), axis=1))

    def see(self, found: Found, column_of_track: Indices, states: BoxStates, now_s: float) -> None:
        """Takes over the detection of each track that has one, by its column in `found`; the others have -1.

        states: (N) as they are after it.
        """
        seen = column_of_track >= 0
        detected = found.table.take(column_of_track, axis=1)
        np.copyto(self.states.array, states.array, where=seen)
        np.copyto(self.numbers[BOX_AND_SCORE], detected, where=seen)
        np.maximum(self.scores_best, detected[4], out=self.scores_best, where=seen)
        np.copyto(self.last_s, now_s, where=seen)
        self.hits += seen
        self.votes[found.class_ids.take(column_of_track), np.arange(len(seen))] += detected[4] * seen

    def told(self, class_names: Sequence[str], now_s: float) -> tuple[tuple[Track, ...], tuple[Track, ...]]:
        """The confirmed ones as values that leave the tracker: those seen now, and the others."""
        if not len(self):
            return (), ()
        x1, y1, x2, y2, scores, _, first_s, last_s = self.numbers[:8].tolist()
        columns = zip(
            self.ids.tolist(),
            map(class_names.__getitem__, self.votes.argmax(axis=0).tolist()),
            scores,
            zip(x1, y1, x2, y2, strict=True),
            zip(*self.states.boxes().T.tolist(), strict=True),
            first_s,
            last_s,
            repeat(now_s),
            self.hits.tolist(),
            strict=False,  # `repeat` has no end
        )
        tracks = tuple(map(Track._make, columns))
        confirmed, now = self.ids > 0, self.last_s == now_s
        return tuple(compress(tracks, (confirmed & now).tolist())), tuple(compress(tracks, (confirmed & ~now).tolist()))


def tracked_from(found: Found, states: BoxStates, classes: int, now_s: float) -> Tracked:
    """A new, tentative column per detection."""
    numbers = np.zeros((8 + classes, len(found)))
    numbers[BOX_AND_SCORE] = found.table
    numbers[5] = found.scores
    numbers[6:8] = now_s
    numbers[8 + found.class_ids, np.arange(len(found))] = found.scores
    counts = np.zeros((3, len(found)), np.int64)
    counts[1], counts[2] = found.groups, 1
    return Tracked(states, numbers, counts)


def nothing_tracked(classes: int) -> Tracked:
    return Tracked(no_states(), np.empty((8 + classes, 0)), np.empty((3, 0), np.int64))
