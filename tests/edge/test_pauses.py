"""Pauses: begun, ended, ended by themselves on the monotonic clock, kept over a restart and over another boot."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contract.ids import rfc3339
from edge.clock import Clock, ClockQuality, ClockState, Moment
from edge.delivery.errors import CommandRefusedError
from edge.pauses import PAUSE_S_MAX, PauseBook
from edge.rules.pause import NOTHING_PAUSED, Paused

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


class SetClock(Clock):
    state: ClockState = "synced"
    wall, mono_s, boot_id = NOW, 100.0, "boot-1"

    def now(self) -> Moment:
        return Moment(self.wall, round(self.mono_s * 1000), self.boot_id, ClockQuality(self.state))

    def monotonic_s(self) -> float:
        return self.mono_s

    def boot_again(self, wall: datetime, state: ClockState) -> None:
        self.boot_id, self.mono_s, self.wall, self.state = "boot-2", 5.0, wall, state


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


def book(folder: Path, clock: Clock) -> PauseBook:
    """As a box that starts on this folder has it."""
    return PauseBook(folder / "pauses.json", clock, cameras=("gate", "yard"), rules=lambda: ("night", "parked"))


def test_a_camera_a_rule_or_the_whole_box_is_paused_and_resumed(tmp_path: Path, clock: SetClock) -> None:
    pauses = book(tmp_path, clock)
    pauses.change({"camera": "gate"})
    assert (pauses.of("gate"), pauses.of("yard")) == (Paused(camera=True), NOTHING_PAUSED)
    pauses.change({"rule": "night", "for_s": 60})
    assert pauses.of("yard") == Paused(rules=frozenset({"night"}))
    pauses.change({})
    assert pauses.of("yard").camera
    for body in ({"resume": True}, {"camera": "gate", "resume": True}, {"rule": "night", "resume": True}):
        pauses.change(body)
    assert pauses.of("gate") == NOTHING_PAUSED
    assert pauses.state() == []


def test_a_pause_ends_by_the_monotonic_clock_whatever_the_wall_clock_does(tmp_path: Path, clock: SetClock) -> None:
    pauses = book(tmp_path, clock)
    pauses.change({"camera": "gate", "for_s": 600})
    clock.wall += timedelta(days=300)
    clock.mono_s += 599.9
    assert pauses.of("gate").camera
    clock.wall = NOW - timedelta(days=300)
    clock.mono_s += 0.1
    assert not pauses.of("gate").camera
    assert json.loads((tmp_path / "pauses.json").read_text())["pauses"] == []


def test_until_is_a_time_within_a_week_and_needs_a_clock_that_is_set(tmp_path: Path, clock: SetClock) -> None:
    pauses = book(tmp_path, clock)
    assert pauses.change({"until": rfc3339(NOW + timedelta(minutes=5))})["ends"] == "2026-03-01T08:05:00.000Z"
    clock.mono_s += 300
    assert pauses.of("gate") == NOTHING_PAUSED
    clock.state = "unsynced"
    with pytest.raises(CommandRefusedError, match="clock is not set, so a time says nothing; give for_s"):
        pauses.change({"until": rfc3339(NOW + timedelta(minutes=5))})


def test_without_an_end_it_is_seven_days_at_most(tmp_path: Path, clock: SetClock) -> None:
    pauses = book(tmp_path, clock)
    pauses.change({"camera": "gate"})
    clock.mono_s += PAUSE_S_MAX - 1
    assert pauses.of("gate").camera
    clock.mono_s += 1
    assert not pauses.of("gate").camera


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"camera": "roof"}, "there is no camera roof here, only gate, yard"),
        ({"rule": "roof"}, "there is no rule roof here, only night, parked"),
        ({"camera": "gate", "rule": "night"}, "a camera or a rule, not both"),
        ({"for_s": 5, "resume": True}, "one of for_s, until and resume"),
        ({"for_s": 0}, "for_s: .*greater than 0"),
        ({"for_s": 8 * 86_400}, "for_s: .*less than or equal to 604800"),
        ({"until": "2026-03-09T08:00:01.000Z"}, "until: .*not within the next 7 days"),
        ({"until": "2026-03-01T07:00:00.000Z"}, "until: .*not within the next 7 days"),
        ({"camera": "gate", "resume": True}, "camera gate is not paused"),
        ({"kamera": "gate"}, "kamera: Extra inputs"),
    ],
)
def test_a_pause_that_makes_no_sense_is_refused_in_one_line(
    tmp_path: Path, clock: SetClock, body: dict[str, Any], reason: str
) -> None:
    pauses = book(tmp_path, clock)
    with pytest.raises(CommandRefusedError, match=reason) as refused:
        pauses.change(body)
    assert "\n" not in str(refused.value)
    assert pauses.state() == []


def test_a_restart_keeps_it_and_the_time_between_counts(tmp_path: Path, clock: SetClock) -> None:
    book(tmp_path, clock).change({"camera": "gate", "for_s": 600})
    clock.mono_s += 500
    again = book(tmp_path, clock)
    assert again.of("gate").camera
    clock.mono_s += 100
    assert not again.of("gate").camera


@pytest.mark.parametrize(
    ("state", "left_s"),
    [("synced", 100.0), ("unsynced", 600.0)],  # nobody knows how long a box without a set clock was off
)
def test_after_another_boot_the_wall_clock_counts_where_it_is_trusted(
    tmp_path: Path, clock: SetClock, state: ClockState, left_s: float
) -> None:
    book(tmp_path, clock).change({"camera": "gate", "for_s": 600})
    clock.boot_again(NOW + timedelta(seconds=500), state)
    again = book(tmp_path, clock)
    clock.mono_s += left_s - 0.1
    assert again.of("gate").camera
    clock.mono_s += 0.2
    assert not again.of("gate").camera


def test_what_has_gone_by_is_noted_every_minute(tmp_path: Path, clock: SetClock) -> None:
    pauses = book(tmp_path, clock)
    pauses.change({"camera": "gate", "for_s": 600})
    clock.mono_s += 540
    pauses.of("gate")
    clock.boot_again(NOW, "unsynced")
    again = book(tmp_path, clock)
    clock.mono_s += 61
    assert not again.of("gate").camera


@pytest.mark.parametrize("content", ["", "[]", '{"pauses": 1}', '{"boot_id": "boot-1"}', "\udcff"])
def test_a_damaged_file_pauses_nothing(tmp_path: Path, clock: SetClock, content: str) -> None:
    (tmp_path / "pauses.json").write_text(content, errors="surrogateescape")
    assert book(tmp_path, clock).of("gate") == NOTHING_PAUSED


def test_what_it_shows_stays_the_same_while_nothing_changes(tmp_path: Path, clock: SetClock) -> None:
    pauses = book(tmp_path, clock)
    pauses.change({"rule": "night", "for_s": 600})
    shown = pauses.state()
    assert shown == [
        {"what": "rule", "name": "night", "since": "2026-03-01T08:00:00.000Z", "ends": "2026-03-01T08:10:00.000Z"}
    ]
    clock.mono_s, clock.wall = clock.mono_s + 100, NOW + timedelta(seconds=101)
    assert pauses.state() == shown
