"""What holds for any detections at any times."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.tracking.tracker import Tracker
from models.detector.detections import Detections

NAMES = ("person", "car", "truck")
number = st.floats(-0.25, 1.25, width=32)
detection = st.tuples(
    number, number, st.floats(0, 0.5, width=32), st.floats(0, 0.5, width=32), st.floats(0, 1), st.integers(0, 2)
)
frame = st.tuples(st.floats(0, 4), st.lists(detection, max_size=6))


def detections(rows: list[tuple[float, float, float, float, float, int]]) -> Detections:
    table = np.array(rows, np.float64).reshape(-1, 6)
    boxes = np.concatenate((table[:, :2], table[:, :2] + table[:, 2:4]), axis=1)
    return Detections(boxes.astype(np.float32), table[:, 4].astype(np.float32), table[:, 5].astype(np.int64), NAMES)


@settings(max_examples=150, deadline=None)
@given(st.lists(frame, max_size=25))
def test_ids_are_unique_in_a_frame_never_used_again_and_no_number_is_broken(
    frames: list[tuple[float, list[tuple[float, float, float, float, float, int]]]],
) -> None:
    tracker, now_s, ended, newest = Tracker("c"), 0.0, set[int](), 0
    for step_s, rows in frames:
        now_s += step_s
        answer = tracker.update(detections(rows), now_s)
        told = [*answer.seen, *answer.lost]
        ids = [track.track_id for track in told]
        assert len(ids) == len(set(ids))
        ended |= set(answer.ended)
        assert not ended & set(ids)
        new = sorted(one for one in ids if one > newest)
        assert new == list(range(newest + 1, newest + 1 + len(new)))
        newest += len(new)
        for track in told:
            assert np.isfinite((*track.box, *track.predicted_box, track.score)).all()
            assert track.predicted_box[0] <= track.predicted_box[2]
            assert track.predicted_box[1] <= track.predicted_box[3]
            assert track.first_s <= track.last_s <= track.now_s == now_s
            assert now_s - track.last_s <= 3.0
        assert all(track.last_s == now_s for track in answer.seen)
        assert all(track.last_s < now_s for track in answer.lost if step_s > 0)


@given(st.lists(st.floats(0.01, 0.3), min_size=3, max_size=30))
def test_a_still_object_is_one_track_whatever_the_frame_times(steps: list[float]) -> None:
    tracker, now_s, answers = Tracker("c"), 0.0, []
    for step_s in steps:
        now_s += step_s
        answers.append(tracker.update(detections([(0.4, 0.4, 0.1, 0.2, 0.9, 0)]), now_s))
    assert [len(answer.seen) for answer in answers] == [0, 0] + [1] * (len(steps) - 2)
    assert all(one.frames + 1 == two.frames for (one,), (two,) in pairwise(a.seen for a in answers[2:]))
