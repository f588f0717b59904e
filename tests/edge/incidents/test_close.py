"""When an act is over: the contract's word "Close", one story each (films: `acts.py`)."""

from dataclasses import replace

import pytest

from edge.incidents.register import Register
from edge.rules.judge import Judge
from tests.edge.incidents.acts import CROWD, FIRE, RULE, START, VISIT, moment, play
from tests.edge.rules.stories import CAMERA, Actor, film


def test_closing_comes_before_opening_in_the_same_frame() -> None:
    no_wait = replace(RULE, cool_down_s=0.0, dwell_s=0.0)
    said = play(no_wait, {1: "i" + "o" * 9 + "i" + "o" * 9})
    assert [change.phase for change in said.changes] == ["open", "close", "open", "close"]
    jump = play(replace(FIRE, dwell_s=0.0), {1: Actor("ioi", class_name="fire")}, fps=0.1)
    assert [(change.phase, change.incident.incident_id) for change in jump.changes] == [
        ("open", "090000-1"),
        ("close", "090000-1"),
        ("open", "090020-2"),
    ]


def test_without_cool_down_an_incident_ends_with_its_violation() -> None:
    said = play(replace(RULE, cool_down_s=0.0), {1: VISIT + "o" * 10})
    assert said.closed_s() == [pytest.approx(2.0)]  # the gap is over
    assert said.closed()[0].last_seen.stream_s == pytest.approx(1.4)


def test_at_the_end_of_a_file_everything_closes_at_once() -> None:
    judge, register = Judge((RULE, FIRE), CAMERA), Register(CAMERA)
    actors: dict[int, str | Actor] = {1: VISIT, 2: Actor(VISIT, class_name="fire"), 3: "o" * 10 + "i" * 5}
    for tracks in film(actors):
        register.observe(judge.observe(tracks, START), tracks, moment(tracks.stream_s))
    closings = register.finish(1.4, moment(1.4), "ended")
    assert [change.phase for change in closings] == ["close", "close"]  # track 3 had not stayed long enough
    assert {change.incident.close_reason for change in closings} == {"ended"}
    assert register.finish(1.4, moment(1.4), "ended") == ()


@pytest.mark.parametrize("reason", ["interrupted", "camera_lost", "rule_changed", "disabled"])
def test_an_incident_that_is_cut_short_says_why(reason: str) -> None:
    judge, register = Judge((RULE,), CAMERA), Register(CAMERA)
    for tracks in film({1: VISIT}):
        register.observe(judge.observe(tracks, START), tracks, moment(tracks.stream_s))
    (closing,) = register.finish(1.5, moment(1.5), reason)  # type: ignore[arg-type]
    assert closing.incident.close_reason == reason
    assert closing.incident.closed is not None
    assert closing.incident.closed.stream_s == 1.5


def test_ids_are_version_7_and_carry_the_opening_s_time() -> None:
    judge, register = Judge((RULE,), CAMERA), Register(CAMERA)
    changes = [
        change
        for tracks in film({1: VISIT})
        for change in register.observe(judge.observe(tracks, START), tracks, moment(tracks.stream_s))
    ]
    incident_id = changes[0].incident.incident_id
    assert incident_id[14] == "7"
    assert int(incident_id.replace("-", "")[:12], 16) == int(moment(1.0).wall.timestamp() * 1000)


def test_memory_does_not_grow_with_the_people_who_pass() -> None:
    """A hundred people, one after the other, each forgotten by the tracker and cooled down."""
    judge, register = Judge((replace(RULE, cool_down_s=1.0),), CAMERA), Register(CAMERA)
    actors = {number: "." * (number * 30) + VISIT + "oox" for number in range(100)}
    for tracks in film(actors):
        register.observe(judge.observe(tracks, START), tracks, moment(tracks.stream_s))
        assert len(register.open_incidents) <= 2
    assert not register._known


def test_memory_does_not_grow_in_an_incident_that_lasts() -> None:
    """A crowd of two that lasts for minutes while sixty people come and go: all are counted, few are remembered."""
    judge, register = Judge((CROWD,), CAMERA), Register(CAMERA)
    actors = {number: "." * (number * 10) + "i" * 35 + "x" for number in range(60)}
    for tracks in film(actors):
        register.observe(judge.observe(tracks, START), tracks, moment(tracks.stream_s))
        for act in register._acts:
            assert len(act.members._members) <= 10
    (incident,) = register.open_incidents
    assert incident.subjects_total == 60
