"""Little stories with few boxes, in relative coordinates and stream seconds."""

from collections.abc import Iterable

import numpy as np

from edge.tracking.track import Tracks
from edge.tracking.tracker import Tracker
from models.detector.detections import Detections

NAMES = ("person", "car", "truck")
Box = tuple[float, float, float, float]


def found(*boxes: tuple[Box, float] | tuple[Box, float, str]) -> Detections:
    """(box, score[, class]) each."""
    return Detections(
        np.array([one[0] for one in boxes], np.float32).reshape(-1, 4),
        np.array([one[1] for one in boxes], np.float32),
        np.array([NAMES.index(one[2]) if len(one) == 3 else 0 for one in boxes], np.int64),
        NAMES,
    )


def walker(at_s: float, *, x: float = 0.1, speed: float = 0.1, y: float = 0.4) -> Box:
    """A person 0.05 wide and 0.2 high, `speed` per second to the right."""
    left = x + speed * at_s
    return (left, y, left + 0.05, y + 0.2)


def told(tracker: Tracker, frames: Iterable[tuple[float, Detections]]) -> list[Tracks]:
    return [tracker.update(detections, at_s) for at_s, detections in frames]


def ids(tracks: Tracks) -> list[int]:
    return [track.track_id for track in tracks.seen]


def test_a_person_who_walks_through_keeps_one_id() -> None:
    answers = told(Tracker("c"), ((i / 10, found((walker(i / 10), 0.9))) for i in range(50)))
    assert {one for answer in answers for one in ids(answer)} == {1}
    last = answers[-1].seen[0]
    assert (last.frames, last.first_s, last.last_s, last.class_name) == (50, 0.0, 4.9, "person")


def test_two_cameras_do_not_share_ids() -> None:
    frames = [(i / 10, found((walker(i / 10), 0.9))) for i in range(5)]
    assert ids(told(Tracker("a"), frames)[-1]) == ids(told(Tracker("b"), frames)[-1]) == [1]
