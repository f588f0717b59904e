"""A camera that no longer sees what it was put up for: each way found in seconds, nothing else taken for one."""

import numpy as np
import pytest

from edge.health.camera_view import WIDTH, CameraView, ViewState
from tests.edge.health.views import (
    Change,
    Luma,
    at_night,
    behind_a_hand,
    boarded,
    covered,
    defocused,
    first,
    pictures,
    scene,
    sensor,
    sprayed,
    states,
    turned,
    turned_away,
)

LEARNT_S = 20.0


def live(count: int = 60, seed: int = 1, sigma: float = 1.0) -> list[Luma]:
    random = np.random.default_rng(seed)
    return [sensor(scene(seed), random, sigma) for _ in range(count)]


def learnt(frames: list[Luma]) -> CameraView:
    view = CameraView()
    assert {state for _, state in states(view, pictures(frames, LEARNT_S))} == {"seen"}
    assert view.memory is not None
    return view


@pytest.mark.parametrize(
    ("change", "state", "within_s"),
    [
        (covered, "blind", 6.0),
        (behind_a_hand, "blind", 6.0),
        (sprayed, "blind", 6.0),
        (boarded, "blind", 6.0),
        (defocused, "blind", 6.0),
        (turned(0.10), "moved", 10.0),
        (turned(0.05), "moved", 10.0),
        (turned(0.35), "moved", 10.0),
        (turned_away, "moved", 45.0),
    ],
)
def test_what_is_done_to_a_camera_is_found_and_is_over_when_it_is_undone(
    change: Change, state: ViewState, within_s: float
) -> None:
    frames = live()
    view = learnt(frames)
    found = states(view, pictures(frames, 60.0, LEARNT_S, change))
    at_s = first(found, state)
    assert at_s is not None
    assert at_s - LEARNT_S <= within_s
    assert found[-1][1] == state, "as long as it lasts"
    assert view.observe(change(frames[0]), LEARNT_S + 60.0).why
    assert {one for _, one in found} == {"seen", state}
    after = states(view, pictures(frames, 30.0, LEARNT_S + 60.0))
    back_s = first(after, "seen")
    assert back_s is not None
    assert back_s - LEARNT_S - 60.0 <= 20.0
    assert after[-1][1] == "seen"


def test_a_stuck_picture_is_found_and_a_live_one_after_it_too() -> None:
    frames = live()
    view = learnt(frames)
    found = states(view, pictures(frames[:1], 30.0, LEARNT_S))
    at_s = first(found, "frozen")
    assert at_s is not None
    assert at_s - LEARNT_S <= 9.0
    assert states(view, pictures(frames, 5.0, LEARNT_S + 30.0))[-1][1] == "seen"


def test_a_stuck_picture_is_encoded_a_little_otherwise_at_each_keyframe() -> None:
    frames, random = live(), np.random.default_rng(3)
    view = learnt(frames)
    keyframes = [np.where(random.random(frames[0].shape) < 0.05, frames[0] + 1, frames[0]) for _ in range(10)]
    shown = [np.asarray(keyframes[index // 4 % 10], np.uint8) for index in range(60)]
    assert states(view, pictures(shown, 30.0, LEARNT_S))[-1][1] == "frozen"


def test_a_still_room_is_not_stuck_when_only_keyframes_bring_its_noise() -> None:
    """As low bit rates send it: bit by bit the same picture until the next keyframe."""
    keyframes = live(40, sigma=0.8)
    shown = [keyframes[index // 8 % 40] for index in range(240)]
    assert {state for _, state in states(CameraView(), pictures(shown, 120.0))} == {"seen"}


def test_a_clock_on_the_picture_that_goes_on_is_life() -> None:
    room = scene(4)
    shown = []
    for second in range(120):
        picture = room.copy()
        picture[4:10, 140 + 2 * (second % 5) : 144 + 2 * (second % 5)] = 250
        shown += [picture, picture]
    assert {state for _, state in states(CameraView(), pictures(shown, 120.0))} == {"seen"}


def test_a_scene_that_was_that_still_before_is_not_called_frozen_again() -> None:
    keyframes = live(12)
    shown = [keyframes[index // 24 % 12] for index in range(240)]  # 12 s each
    found = states(CameraView(), pictures(shown, 120.0))
    assert {state for at_s, state in found if at_s > 40.0} == {"seen"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shaking_passing_trucks_and_night_are_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)

    def shaken(picture: Luma) -> Luma:
        dy, dx = random.integers(-2, 3, 2)
        return np.roll(picture, (int(dy), int(dx)), (0, 1))

    def with_truck(index: int) -> Change:
        def change(picture: Luma) -> Luma:
            left = -90 + index % 20 * 15
            passed = picture.copy()
            passed[20:85, max(0, left) : max(0, left + 80)] = 90
            return passed

        return change

    frames = live(seed=seed)
    trucks = [with_truck(index)(frames[index]) for index in range(60)]
    changes: list[tuple[list[Luma], Change | None]] = [
        (frames, shaken), (trucks, None), (frames, at_night), (frames, lambda one: np.asarray(one * 0.5, np.uint8)),
    ]  # fmt: skip
    for shown, change in changes:
        view = learnt(frames)
        noisy = [sensor(one, random) for one in (map(change, shown) if change else shown)]
        assert {state for _, state in states(view, pictures(noisy, 60.0, LEARNT_S))} == {"seen"}


def test_a_view_is_known_again_after_a_restart() -> None:
    frames = live()
    kept = learnt(frames).memory
    found = states(CameraView(kept), pictures(frames, 15.0, 0.0, turned(0.10)))
    assert (first(found, "moved") or 99.0) <= 10.0


def test_a_view_that_is_accepted_is_the_right_one_from_then_on() -> None:
    frames = live()
    view = learnt(frames)
    assert states(view, pictures(frames, 30.0, LEARNT_S, turned(0.10)))[-1][1] == "moved"
    view.accept()
    assert {state for _, state in states(view, pictures(frames, 30.0, 50.0, turned(0.10)))} == {"seen"}
    assert states(view, pictures(frames, 30.0, 80.0))[-1][1] == "moved", "the old view is the wrong one now"


def test_a_camera_that_turns_by_itself_is_never_moved_but_can_be_blind() -> None:
    frames = live()
    view = CameraView(fixed=False)
    shown = [turned(0.1 + 0.02 * (index % 10))(frames[index % 60]) for index in range(120)]
    assert {state for _, state in states(view, pictures(shown, 60.0))} == {"seen"}
    assert states(view, pictures(frames, 10.0, 60.0, covered))[-1][1] == "blind"


def test_a_camera_that_is_being_aimed_is_not_learnt_yet() -> None:
    frames, view = live(), CameraView()
    aiming = [turned(0.01 * (1 + index % 30))(frames[index % 60]) for index in range(30)]
    states(view, pictures(aiming, 11.0))
    assert view.memory is None
    assert {state for _, state in states(view, pictures(frames, 30.0, 11.0))} == {"seen"}
    assert view.memory is not None


def test_what_is_said_of_a_state_stays_the_same_while_it_lasts() -> None:
    """Another text would be a line in the log and a heartbeat each time."""
    frames = live()
    creeping = [turned(0.10 + 0.02 * (index // 20))(one) for index, one in enumerate(frames)]
    for shown, change in ((creeping, None), (frames[:1], None), (frames, behind_a_hand)):
        view = learnt(frames)
        said = {view.observe(picture, at_s).why for at_s, picture in pictures(shown, 60.0, LEARNT_S, change)}
        assert len(said - {None}) == 1


def test_an_outage_is_neither_stillness_nor_blindness() -> None:
    frames = live()
    view = learnt(frames)
    assert view.observe(frames[0], LEARNT_S).state == "seen"
    assert view.observe(frames[0], LEARNT_S + 60.0).state == "seen", "the same picture, but nothing came between"
    assert view.observe(covered(frames[0]), LEARNT_S + 120.0).state == "seen"
    assert view.observe(covered(frames[0]), LEARNT_S + 180.0).state == "seen"


def test_the_learnt_view_follows_the_light_but_never_a_fault() -> None:
    frames = live()
    view = learnt(frames)
    before = view.memory
    states(view, pictures(frames, 60.0, LEARNT_S, covered))
    after = view.memory
    assert before is not None
    assert after is not None
    assert np.abs(after.edges - before.edges).max() < 0.01
    assert after.structure == pytest.approx(before.structure, rel=0.02)


def test_leaves_and_water_alone_are_no_view_to_be_moved_from() -> None:
    random = np.random.default_rng(2)
    leaves = [scene(100 + index) for index in range(80)]
    view = CameraView()
    states(view, pictures(leaves[:40], 20.0))
    assert view.memory is not None
    found = states(CameraView(view.memory), pictures([sensor(one, random) for one in leaves[40:]], 60.0))
    assert "moved" not in {state for _, state in found}


def test_pictures_without_an_edge_have_no_shift() -> None:
    view = CameraView()
    grey = [np.full((90, WIDTH), 128, np.uint8)] * 60
    assert states(view, pictures(grey, 30.0))[-1][1] == "blind"
