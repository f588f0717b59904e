"""The gate against looking at every frame: what it may spare, and what it may never lose."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from edge.capture.frame import Frame
from edge.detection.gated import GatedDetector, GateSettings
from edge.tracking.tracker import Tracker
from models.detector.detections import Detections
from tests.edge.detection.blobs import HEIGHT, WIDTH, BlobDetector, Square, frame_of

FPS = 10
World = Callable[[float], Sequence[Square]]
PERSON = (150.0, 100.0, 12, 30)


def played(world: World, seconds: float, gate: GatedDetector, *, noise: float = 0.0, ground: int = 60) -> list[int]:
    """How many persons the gate tells of in each frame."""
    return [
        len(gate.detect(frame_of(world(index / FPS), index / FPS, noise=noise, ground=ground)))
        for index in range(round(seconds * FPS))
    ]


def walking(speed: float, start_s: float, size: tuple[int, int] = (12, 30)) -> World:
    """Px a second to the right, along a wall of the picture's middle, from `start_s` on."""
    return lambda t: [] if t < start_s else [(100 + speed * (t - start_s), 150.0, *size)]


def test_what_was_there_before_the_start_is_seen_in_every_frame_at_a_tenth_of_the_looks() -> None:
    blobs = BlobDetector()
    told = played(lambda _: [PERSON], 20.0, GatedDetector(blobs))
    assert told == [1] * 200
    assert blobs.looks <= 40


def test_an_empty_picture_costs_a_look_in_three_seconds() -> None:
    blobs = BlobDetector()
    gate = GatedDetector(blobs)
    assert set(played(lambda _: [], 20.0, gate)) == {0}
    assert 10 <= blobs.looks <= 20
    assert gate.spared == 200 - blobs.looks


def test_who_stopped_and_where_somebody_was_costs_looks_for_a_second_only() -> None:
    """From 2 to 4 s somebody walks, then stands, and is gone from 12 s on."""
    blobs = BlobDetector()
    looks = list[int]()

    def world(t: float) -> list[Square]:
        looks.append(blobs.looks)
        return [] if t < 2.0 or t >= 12.0 else [(100 + 40 * (min(t, 4.0) - 2.0), 150.0, 12, 30)]

    told = played(world, 18.0, GatedDetector(blobs))
    assert told == [0] * 20 + [1] * 100 + [0] * 60
    assert looks[40] - looks[20] == 20, "every frame while somebody walks"
    assert looks[60] - looks[40] <= 14, "a second and the gate's own"
    assert looks[118] - looks[60] <= 5
    assert looks[140] - looks[120] <= 14
    assert looks[178] - looks[140] <= 4


class Sighted(BlobDetector):
    """Sees somebody from `since_s` on whom no motion shows, as light as the ground."""

    def __init__(self, since_s: float) -> None:
        super().__init__()
        self._since_s = since_s

    def detect(self, frame: Frame) -> Detections:
        return super().detect(frame_of([PERSON], 0.0) if frame.stream_s >= self._since_s else frame)


def test_what_no_motion_shows_is_seen_after_three_seconds_at_most() -> None:
    blobs = Sighted(11.3)
    gate = GatedDetector(blobs)
    told = played(lambda _: [], 20.0, gate)
    first = told.index(1)
    assert 113 <= first <= 143
    assert told[first:] == [1] * (len(told) - first)


def test_after_something_moved_the_looks_are_close_again() -> None:
    times_s = list[float]()

    class Timed(BlobDetector):
        def detect(self, frame: Frame) -> Detections:
            times_s.append(frame.stream_s)
            return super().detect(frame)

    played(lambda t: [PERSON] if 10.0 <= t < 11.0 else [], 19.0, GatedDetector(Timed()))
    waits_s = [(before, after - before) for before, after in itertools.pairwise(times_s)]
    early = [wait_s for before, wait_s in waits_s if before < 5.0 and wait_s > 0.5]
    late = [wait_s for before, wait_s in waits_s if before > 11.0 and wait_s > 0.5]
    assert early == pytest.approx([1.0, 2.0, 3.0], abs=0.11)
    assert late == pytest.approx([1.0, 2.0, 3.0], abs=0.11)


@pytest.mark.parametrize("size", [(12, 30), (5, 12)], ids=["near", "far away"])
@pytest.mark.parametrize("noise", [0.0, 10.0], ids=["day", "night"])
def test_whoever_comes_is_seen_in_the_very_frame(size: tuple[int, int], noise: float) -> None:
    told = played(walking(30, 4.25, size), 7.0, GatedDetector(BlobDetector()), noise=noise)
    assert told[:43] == [0] * 43
    assert told[43:] == [1] * (len(told) - 43)


def test_the_noise_of_a_night_is_no_motion() -> None:
    blobs = BlobDetector()
    played(lambda _: [PERSON], 8.0, GatedDetector(blobs), noise=12.0, ground=20)
    assert blobs.looks <= 30


@pytest.mark.parametrize("speed", [1.0, 5.0, 20.0, 50.0])
def test_slow_or_fast_a_track_is_one_and_stays_on_its_object(speed: float) -> None:
    gate, tracker = GatedDetector(BlobDetector()), Tracker("gate")
    worst = 0.0
    for index in range(100):
        (square,) = walking(speed, 0.0)(index / FPS)
        frame = frame_of([square], index / FPS)
        tracks = tracker.update(gate.detect(frame), frame.stream_s)
        if index > 5:
            assert [track.track_id for track in tracks.seen] == [1]
            worst = max(worst, abs(tracks.seen[0].box[0] * WIDTH - square[0]))
    assert worst <= 4.0, "px"


def test_whoever_leaves_is_gone_at_once_and_the_parked_stay() -> None:
    parked: Square = (450.0, 250.0, 30, 20)
    told = played(lambda t: [parked, PERSON] if t < 8.0 else [parked], 14.0, GatedDetector(BlobDetector()))
    assert told == [2] * 80 + [1] * 60


def test_something_small_that_moves_costs_a_window_and_the_rest_is_still_known() -> None:
    parked: Square = (500.0, 300.0, 30, 20)
    blobs = BlobDetector()
    gate = GatedDetector(blobs, GateSettings(windows=True))
    for index in range(100):
        squares = [parked, *walking(15, 2.0)(index / FPS)]
        found = gate.detect(frame_of(squares, index / FPS))
        lefts = sorted((found.boxes[:, 0] * WIDTH).round().tolist())
        assert lefts == pytest.approx(sorted(square[0] for square in squares), abs=3), index
    assert gate.parts > 50
    assert gate.wholes < 30


def test_what_two_looks_do_not_agree_about_keeps_the_gate_open() -> None:
    blobs = BlobDetector(misses=3)
    told = played(lambda _: [PERSON], 10.0, GatedDetector(blobs))
    assert blobs.looks == 100
    assert told.count(0) == 33, "as without a gate"


def test_a_single_look_is_not_believed_for_a_second() -> None:
    """Something that the network sees once in a still picture is told of once, as without a gate."""

    class Mistaken(BlobDetector):
        def detect(self, frame: Frame) -> Detections:
            mistaken = self.looks == 12
            return super().detect(frame_of([PERSON], 0.0) if mistaken else frame)

    told = played(lambda _: [], 20.0, GatedDetector(Mistaken()))
    assert sum(told) == 1


def test_half_a_picture_that_changes_or_a_jump_of_the_stream_is_a_look_at_the_whole() -> None:
    gate = GatedDetector(BlobDetector())
    played(lambda _: [PERSON], 5.0, gate)
    assert [len(gate.detect(frame_of([PERSON], 5.0 + index / FPS))) for index in range(2)] == [1, 1]
    before, spared = gate.wholes, gate.spared
    assert spared >= 40
    gate.detect(frame_of([PERSON, (0.0, 150.0, WIDTH, 200)], 5.2))
    assert (gate.wholes, gate.spared) == (before + 1, spared)
    before = gate.wholes
    assert len(gate.detect(frame_of([], 60.0))) == 0
    assert gate.wholes == before + 1


def test_a_camera_that_changes_its_size_goes_on() -> None:
    gate = GatedDetector(BlobDetector())
    played(lambda _: [PERSON], 3.0, gate)
    small = frame_of([PERSON], 3.0)
    part = Frame("gate", 30, 3.0, small.moment, small.raster.part(0, 0, WIDTH // 2, HEIGHT // 2))
    assert len(gate.detect(part)) == 1


def test_boxes_are_those_of_the_whole_picture() -> None:
    """A window's boxes come back in the frame's coordinates."""
    blobs = BlobDetector()
    frame = frame_of([(350.0, 200.0, 20, 40)], 0.0)
    np.testing.assert_allclose(blobs.detect_in(frame, 0.4, 0.3, 0.5).boxes, blobs.detect(frame).boxes, atol=0.002)
