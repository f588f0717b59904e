"""An incident is a value with three moves; a move that its state does not allow is a mistake."""

from dataclasses import FrozenInstanceError, replace

import pytest

from edge.incidents.incident import Incident, IncidentStateError, Instant, close, extend, open_incident
from edge.rules.violation import Condition, Violation
from edge.tracking.track import Box, Track
from tests.edge.incidents.acts import RULE, moment

BOX: Box = (0.6, 0.2, 0.7, 0.6)


def at(stream_s: float) -> Instant:
    return Instant(stream_s, moment(stream_s))


def violation(now_s: float, score: float = 0.8, box: Box = BOX, track_id: int = 1) -> Violation:
    track = Track(track_id, "person", score, box, box, 0.0, now_s, now_s, round(now_s * 10))
    trace = (Condition("dwell", now_s, 1.0, "s", holds=True),)
    return Violation(RULE, (track,), 0.0, now_s, 1.0, trace)


def opened() -> Incident:
    return open_incident("id", "hall_1", violation(1.0), at(0.0), at(1.0))


def test_it_opens_with_what_was_measured_then() -> None:
    incident = opened()
    assert (incident.state, incident.close_reason, incident.closed) == ("open", None, None)
    assert (incident.place_id, incident.polygon) == ("table", RULE.polygon)
    assert incident.trace == violation(1.0).trace
    (subject,) = incident.subjects
    assert (subject.track_id, subject.class_name, subject.score, subject.frames, subject.box) == (
        1,
        "person",
        0.8,
        10,
        BOX,
    )


def test_it_goes_on_with_new_boxes_and_keeps_the_best_score_and_the_trace_of_its_opening() -> None:
    moved: Box = (0.7, 0.2, 0.8, 0.6)
    incident = extend(opened(), violation(2.0, score=0.5, box=moved), at(2.0), 0)
    (subject,) = incident.subjects
    assert (subject.score, subject.box, subject.frames, subject.seen_s) == (0.8, moved, 20, 2.0)
    assert incident.last_seen.stream_s == 2.0
    assert incident.trace == opened().trace
    assert extend(opened(), violation(2.0, score=0.9), at(2.0), 0).subjects[0].score == 0.9


def test_a_box_that_reaches_out_of_the_picture_is_reported_inside_it() -> None:
    incident = open_incident("id", "hall_1", violation(1.0, box=(-0.1, 0.5, 0.2, 1.03)), at(0.0), at(1.0))
    assert incident.subjects[0].box == (0.0, 0.5, 0.2, 1.0)


def test_it_closes_once_for_a_reason() -> None:
    closed = close(opened(), at(9.0), "ended")
    assert (closed.state, closed.close_reason) == ("closed", "ended")
    with pytest.raises(IncidentStateError, match="closed already"):
        close(closed, at(9.1), "ended")
    with pytest.raises(IncidentStateError, match="cannot go on"):
        extend(closed, violation(2.0), at(2.0), 0)


def test_it_cannot_close_before_it_was_last_seen() -> None:
    with pytest.raises(IncidentStateError, match="was seen after"):
        close(opened(), at(0.9), "ended")


def test_nothing_opens_or_goes_on_before_the_dwell_is_done() -> None:
    early = replace(violation(0.5), opened_s=None)
    with pytest.raises(IncidentStateError, match="dwell is not done"):
        open_incident("id", "hall_1", early, at(0.0), at(0.5))
    with pytest.raises(IncidentStateError, match="not a violation that it can go on with"):
        extend(opened(), early, at(1.5), 0)


def test_another_rule_s_violation_is_none_of_its_own() -> None:
    with pytest.raises(IncidentStateError, match="not a violation that it can go on with"):
        extend(opened(), replace(violation(2.0), rule=replace(RULE, rule_id="other")), at(2.0), 0)


def test_it_is_a_value() -> None:
    with pytest.raises(FrozenInstanceError):
        opened().subjects_total = 2  # type: ignore[misc]
