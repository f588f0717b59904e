"""Little stories with few boxes, in relative coordinates and stream seconds."""

from collections.abc import Iterable

import numpy as np
import pytest

from edge.tracking.track import Tracks
from edge.tracking.tracker import Tracker, TrackerSettings
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


def test_a_track_is_told_of_only_after_three_detections_that_follow_each_other() -> None:
    answers = told(Tracker("c"), ((i / 10, found((walker(i / 10), 0.9))) for i in range(4)))
    assert [ids(answer) for answer in answers] == [[], [], [1], [1]]
    assert answers[2].seen[0].first_s == 0.0


def test_a_single_false_detection_never_becomes_a_track_nor_uses_up_an_id() -> None:
    tracker = Tracker("c")
    told(tracker, [(0.0, found((walker(0, x=0.8), 0.9))), (0.5, found()), (1.0, found())])
    answers = told(tracker, ((2 + i / 10, found((walker(i / 10), 0.9))) for i in range(4)))
    assert ids(answers[-1]) == [1]


def test_a_detection_now_and_then_is_no_track_however_often_it_comes_back() -> None:
    flicker = ((i / 10, found((walker(0, x=0.8), 0.9)) if i % 5 == 0 else found()) for i in range(60))
    assert not any(answer.seen for answer in told(Tracker("c"), flicker))


def test_at_a_camera_of_two_frames_a_second_three_frames_are_enough() -> None:
    answers = told(Tracker("c"), ((i / 2, found((walker(i / 2, speed=0.02), 0.9))) for i in range(4)))
    assert [ids(answer) for answer in answers] == [[], [], [1], [1]]


def test_a_person_behind_a_pillar_keeps_the_id_and_is_predicted_meanwhile() -> None:
    hidden = range(20, 40)  # two seconds
    frames = ((i / 10, found() if i in hidden else found((walker(i / 10), 0.9))) for i in range(60))
    answers = told(Tracker("c"), frames)
    behind = answers[35]
    assert (ids(behind), [track.track_id for track in behind.lost]) == ([], [1])
    assert abs(behind.lost[0].predicted_box[0] - walker(3.5)[0]) < 0.01
    assert behind.lost[0].last_s == 1.9
    assert ids(answers[-1]) == [1]
    assert all(not answer.ended for answer in answers)


def test_a_lost_track_is_remembered_for_three_seconds_and_then_ended_once() -> None:
    tracker = Tracker("c")
    told(tracker, ((i / 10, found((walker(i / 10, speed=0), 0.9))) for i in range(11)))
    answers = told(tracker, ((1 + i / 10, found()) for i in range(1, 40)))
    remembered = [answer.stream_s for answer in answers if answer.lost]
    assert 3.9 <= remembered[-1] <= 4.0 + 1e-9
    assert [answer.ended for answer in answers if answer.ended] == [(1,)]
    again = told(tracker, ((6 + i / 10, found((walker(i / 10, speed=0), 0.9))) for i in range(4)))
    assert ids(again[-1]) == [2]


def test_two_people_who_cross_keep_their_ids() -> None:
    def both(at_s: float) -> Detections:
        right = walker(at_s, x=0.1, speed=0.1, y=0.40)
        left = walker(at_s, x=0.9, speed=-0.1, y=0.43)
        return found((right, 0.9), (left, 0.85))

    answers = told(Tracker("c"), ((i / 10, both(i / 10)) for i in range(80)))
    last = {track.track_id: track.box[0] for track in answers[-1].seen}
    first = {track.track_id: track.box[0] for track in answers[5].seen}
    assert set(first) == set(last) == {1, 2}
    assert all((first[one] < 0.5) == (last[one] > 0.5) for one in (1, 2))


def test_frames_at_irregular_times_are_followed_by_time_not_by_count() -> None:
    rng = np.random.default_rng(7)
    times = np.cumsum(rng.choice([0.04, 0.1, 0.2, 0.45], 60)).tolist()
    answers = told(Tracker("c"), ((at, found((walker(at, speed=0.03), 0.9))) for at in times))
    assert {one for answer in answers for one in ids(answer)} == {1}


def test_the_same_walk_at_a_fifth_of_the_frames_is_the_same_track() -> None:
    fast = told(Tracker("c"), ((i / 25, found((walker(i / 25), 0.9))) for i in range(126)))
    slow = told(Tracker("c"), ((i / 5, found((walker(i / 5), 0.9))) for i in range(26)))
    assert ids(fast[-1]) == ids(slow[-1]) == [1]
    np.testing.assert_allclose(fast[-1].seen[0].predicted_box, slow[-1].seen[0].predicted_box, atol=0.002)


def test_something_seen_faintly_at_first_is_told_of_when_it_is_seen_surely_with_its_time_from_the_start() -> None:
    scores = [0.15] * 10 + [0.35] + [0.15] * 10
    answers = told(Tracker("c"), ((i / 10, found((walker(i / 10), score))) for i, score in enumerate(scores)))
    assert [bool(answer.seen) for answer in answers] == [False] * 10 + [True] * 11
    assert (answers[10].seen[0].track_id, answers[10].seen[0].first_s) == (1, 0.0)


def test_an_unsure_detection_carries_a_track_but_alone_makes_none() -> None:
    carried = told(Tracker("c"), ((i / 10, found((walker(i / 10), 0.9 if i < 10 else 0.2))) for i in range(30)))
    assert ids(carried[-1]) == [1]
    assert carried[-1].seen[0].last_s == 2.9
    unsure = told(Tracker("c"), ((i / 10, found((walker(i / 10), 0.2))) for i in range(30)))
    assert all(not answer.seen for answer in unsure)


def test_a_lorry_called_a_car_now_and_then_is_one_track_with_the_class_that_was_said_most() -> None:
    names = ["truck", "truck", "car", "truck", "truck", "car", "truck", "truck"]
    answers = told(Tracker("c"), ((i / 10, found((walker(i / 10), 0.8, name))) for i, name in enumerate(names)))
    assert [(track.track_id, track.class_name) for track in answers[-1].seen] == [(1, "truck")]


def test_one_object_found_under_two_names_of_a_set_is_one_track() -> None:
    frames = ((i / 10, found((walker(i / 10), 0.8, "car"), (walker(i / 10), 0.6, "truck"))) for i in range(8))
    last = told(Tracker("c"), frames)[-1]
    assert [(track.track_id, track.class_name) for track in last.seen] == [(1, "car")]


def test_a_person_is_never_joined_to_a_car_in_the_same_place() -> None:
    person = ((i / 10, found((walker(i / 10), 0.9, "person"))) for i in range(5))
    car = ((0.5 + i / 10, found((walker(0.5 + i / 10), 0.9, "car"))) for i in range(5))
    tracker = Tracker("c")
    told(tracker, person)
    last = told(tracker, car)[-1]
    assert [(track.track_id, track.class_name) for track in last.seen] == [(2, "car")]
    assert [track.class_name for track in last.lost] == ["person"]


def test_the_scale_of_the_boxes_does_not_matter() -> None:
    def scaled(box: Box, width: float, height: float) -> Box:
        return (box[0] * width, box[1] * height, box[2] * width, box[3] * height)

    frames = [(i / 10, walker(i / 10)) for i in range(20)]
    relative = told(Tracker("c"), ((at, found((box, 0.9))) for at, box in frames))[-1].seen[0]
    pixels = told(Tracker("c"), ((at, found((scaled(box, 1920, 1080), 0.9))) for at, box in frames))[-1].seen[0]
    np.testing.assert_allclose(scaled(relative.predicted_box, 1920, 1080), pixels.predicted_box, rtol=1e-4)


def test_boxes_that_are_no_boxes_are_passed_over() -> None:
    nan = float("nan")
    bad = [((nan, 0.1, 0.2, 0.3), 0.9), ((0.5, 0.5, 0.4, 0.6), 0.9), ((0.1, 0.1, 0.1, 0.1), 0.9)]
    answers = told(Tracker("c"), ((i / 10, found((walker(i / 10), 0.9), *bad)) for i in range(5)))
    assert ids(answers[-1]) == [1]


def test_time_that_goes_back_and_classes_that_change_are_errors_of_the_caller() -> None:
    tracker = Tracker("c")
    tracker.update(found(), 1.0)
    with pytest.raises(ValueError, match="went back"):
        tracker.update(found(), 0.9)
    with pytest.raises(ValueError, match="classes changed"):
        tracker.update(Detections.none(("dog",)), 2.0)


def test_settings_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="scores must rise"):
        TrackerSettings(score_sure_min=0.2, score_unsure_min=0.3)
    with pytest.raises(ValueError, match="hits_to_confirm"):
        TrackerSettings(hits_to_confirm=0)
