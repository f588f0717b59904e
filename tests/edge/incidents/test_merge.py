"""Which violations are one act: the contract's word "Merge", one story each (films: `acts.py`)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contract.incident_report import SUBJECTS_MAX
from edge.rules.stationary import Stationary
from edge.tracking.track import Box
from tests.edge.incidents.acts import COOL_DOWN_S, CROWD, FIRE, GATE, RULE, START, VISIT, play
from tests.edge.rules.stories import BOXES, ZONE, Actor


def away(seconds: float) -> str:
    """Outside, so that this time lies between the last sample inside and the first one inside again."""
    return "o" * (round(seconds * 10) - 1)


# One visit


def test_a_visit_is_one_incident_from_the_dwell_to_the_end_of_the_cool_down() -> None:
    said = play(RULE, {1: "oo" + "i" * 21 + "o" * 70})
    opening, closing = said.changes
    assert (opening.phase, closing.phase) == ("open", "close")
    assert (
        opening.incident.incident_id == closing.incident.incident_id == "090001-1"
    )  # made once, of the opening's time
    assert opening.incident.state == "open"
    incident = closing.incident
    times = (incident.first_seen, incident.opened, incident.last_seen, incident.closed)
    assert [instant.stream_s for instant in times if instant] == [0.2, 1.2, 2.2, 8.2]
    assert [instant.moment.wall for instant in times if instant] == [
        START + timedelta(seconds=seconds) for seconds in (0.2, 1.2, 2.2, 8.2)
    ]
    assert incident.first_seen.moment.monotonic_ms == 1_000_200
    assert incident.close_reason == "ended"
    assert said.still_open == ()


def test_whoever_passes_through_leaves_nothing() -> None:
    said = play(RULE, {1: "oo" + "i" * 9 + "o" * 70})
    assert said.changes == ()
    assert said.still_open == ()


def test_nothing_closes_while_the_violation_goes_on_however_long() -> None:
    said = play(RULE, {1: "i" * 200})
    assert said.opened_s() == [1.0]
    assert [incident.last_seen.stream_s for incident in said.still_open] == [19.9]


# (a) The same track


def test_the_same_track_back_within_the_cool_down_goes_on_with_its_incident() -> None:
    said = play(RULE, {1: VISIT + away(5.9) + VISIT + "o" * 70})
    assert said.opened_s() == [1.0]
    (incident,) = said.closed()
    assert incident.last_seen.stream_s == pytest.approx(1.4 + 5.9 + 1.4)
    assert incident.subjects_total == 1


def test_the_same_track_back_at_the_end_of_the_cool_down_opens_another() -> None:
    said = play(RULE, {1: VISIT + away(6.0) + VISIT + "o" * 70})
    assert len(said.opened_s()) == 2
    assert said.closed_s()[0] == pytest.approx(1.4 + COOL_DOWN_S)


def test_a_return_that_begins_in_time_is_waited_for_until_its_dwell_is_done() -> None:
    """Back at 5.9 s of 6, its dwell is done 0.9 s after the cool-down: still the same act."""
    said = play(RULE, {1: VISIT + away(5.9) + VISIT})
    assert said.opened_s() == [1.0]
    assert len(said.still_open) == 1


def test_a_return_that_comes_to_nothing_does_not_lengthen_the_incident() -> None:
    """Back at 5.9 s of 6 for less than a second: the incident closes when that is known, and was last seen before."""
    said = play(RULE, {1: VISIT + away(5.9) + "iii" + "o" * 40})
    (incident,) = said.closed()
    assert incident.last_seen.stream_s == pytest.approx(1.4)
    assert said.closed_s() == [pytest.approx(1.4 + 5.9 + 0.2 + 0.6)]


def test_another_track_in_the_zone_at_the_same_time_is_another_act() -> None:
    said = play(RULE, {1: "i" * 30 + "o" * 80, 2: "ooooo" + "i" * 30 + "o" * 80})
    assert said.opened_s() == [1.0, 1.5]
    assert len({incident.incident_id for incident in said.closed()}) == 2


def test_one_track_may_break_two_rules_which_are_two_acts() -> None:
    loitering = replace(RULE, rule_id="loitering", type_id="site.loitering", dwell_s=2.0)
    said = play((RULE, loitering), {1: "i" * 30})
    assert said.opened_s() == [1.0, 2.0]


# (b) A new track for a lost one


def lost_and_found(unseen_s: float, found: Box = BOXES["i"], predicted: Box | None = None) -> dict[int, Actor]:
    """Track 1 is lost in the zone; `unseen_s` after its last sight track 2 appears."""
    unseen = round(unseen_s * 10)
    return {
        1: Actor(VISIT + "." * (unseen + 30), predicted=predicted),
        2: Actor([None] * (len(VISIT) + unseen - 1) + [found] * 25),
    }


def test_a_new_track_where_a_lost_one_should_be_goes_on_with_its_incident() -> None:
    said = play(RULE, lost_and_found(2.9))
    assert said.opened_s() == [1.0]
    (incident,) = said.still_open
    assert [subject.track_id for subject in incident.subjects] == [2, 1]
    assert incident.subjects_total == 2


@pytest.mark.parametrize(("unseen_s", "incidents"), [(3.0, 1), (3.1, 2)])
def test_the_lost_track_is_waited_for_no_longer_than_the_merge_time(unseen_s: float, incidents: int) -> None:
    assert len(play(RULE, lost_and_found(unseen_s)).opened_s()) == incidents


def shifted(iou: float) -> Box:
    """The box inside, moved sideways until it overlaps its old place by this much."""
    x1, y1, x2, y2 = BOXES["i"]
    dx = (x2 - x1) * (1 - iou) / (1 + iou)
    return (x1 + dx, y1, x2 + dx, y2)


@pytest.mark.parametrize(("iou", "incidents"), [(0.31, 1), (0.29, 2)])
def test_the_new_track_has_to_overlap_the_place_of_the_lost_one(iou: float, incidents: int) -> None:
    assert len(play(RULE, lost_and_found(1.0, found=shifted(iou))).opened_s()) == incidents


def test_that_place_is_where_the_motion_model_has_it_by_now() -> None:
    elsewhere: Box = (0.8, 0.2, 0.9, 0.6)
    assert len(play(RULE, lost_and_found(1.0, found=elsewhere)).opened_s()) == 2
    assert len(play(RULE, lost_and_found(1.0, found=elsewhere, predicted=elsewhere)).opened_s()) == 1


def test_a_track_that_was_seen_to_leave_has_no_successor() -> None:
    """Track 1 walks out and is lost there; a prediction back in the zone does not make track 2 its successor."""
    left = {
        1: Actor(VISIT + "oo" + "." * 50, predicted=BOXES["i"]),
        2: Actor([None] * (len(VISIT) + 6) + [BOXES["i"]] * 25),
    }
    assert len(play(RULE, left).opened_s()) == 2


def test_a_track_that_the_tracker_has_forgotten_already_still_has_a_successor_in_time() -> None:
    forgotten = {1: VISIT + "...x", 2: "." * (len(VISIT) + 20) + VISIT}
    assert len(play(RULE, forgotten).opened_s()) == 1


def test_a_lost_track_has_one_successor_the_one_that_overlaps_most() -> None:
    two: dict[int, str | Actor] = {
        1: VISIT + "." * 50,
        2: Actor([None] * 25 + [shifted(0.5)] * 25),
        3: Actor([None] * 25 + [shifted(0.9)] * 25),
    }
    said = play(RULE, two)
    assert len(said.opened_s()) == 2
    assert [sorted(subject.track_id for subject in incident.subjects) for incident in said.still_open] == [[1, 3], [2]]


def test_who_was_there_before_the_track_was_lost_is_no_successor() -> None:
    bystander = {1: VISIT + "." * 50, 2: "o" * 10 + "i" * 50}
    assert len(play(RULE, bystander).opened_s()) == 2


def test_a_lost_track_that_has_its_successor_gets_no_second_one() -> None:
    """Track 2 goes on for 1 and walks on; track 3 appears where 1 was lost, still within the merge time."""
    walks_on: list[Box | None] = [*[None] * 20, BOXES["i"], *[BOXES["p"]] * 25]
    said = play(RULE, {1: VISIT + "." * 40, 2: Actor(walks_on), 3: "." * 25 + "i" * 20})
    assert [incident.subjects_total for incident in said.still_open] == [2, 1]


def test_a_track_that_is_still_seen_needs_no_successor() -> None:
    assert len(play(RULE, {1: "i" * 40, 2: "." * 15 + "i" * 25}).opened_s()) == 2


def test_another_class_is_no_successor_and_takes_nobody_s_place() -> None:
    dog = Actor("." * 20 + "i" * 30, class_name="dog")
    assert len(play(RULE, {1: VISIT + "." * 50, 2: dog, 3: "." * 22 + "i" * 30}).opened_s()) == 1


def test_a_successor_may_be_lost_and_succeeded_in_turn() -> None:
    chain = {1: VISIT + "." * 80, 2: "." * 20 + VISIT + "." * 60, 3: "." * 40 + VISIT + "." * 40}
    said = play(RULE, chain)
    assert len(said.opened_s()) == 1
    assert said.still_open[0].subjects_total == 3


def test_a_parked_car_whose_track_changes_is_one_act() -> None:
    parked = Stationary(
        rule_id="parked",
        type_id="traffic.illegal_parking",
        severity="lead",
        place=ZONE,
        classes=("car",),
        dwell_s=2.0,
        cool_down_s=COOL_DOWN_S,
    )
    car = {
        1: Actor("i" * 25 + "." * 60, class_name="car"),
        2: Actor("." * 45 + "i" * 40, class_name="car"),
    }
    assert len(play(parked, car).opened_s()) == 1


# (c) Crossings


def test_every_crossing_opens_an_incident_and_closes_by_itself() -> None:
    said = play(GATE, {1: "oioi" + "." * 70})
    assert said.opened_s() == [0.1, 0.3]
    assert said.closed_s() == [pytest.approx(6.1), pytest.approx(6.3)]
    assert all(incident.last_seen == incident.opened for incident in said.closed())


# (d) A zone as a whole


def test_a_zone_has_one_open_incident_whoever_its_tracks_are() -> None:
    fire = {
        1: Actor("i" * 15 + "x", class_name="fire"),
        2: Actor("." * 30 + "i" * 15 + "x", class_name="fire"),  # elsewhere in the zone, 1.6 s later
    }
    said = play(FIRE, fire)
    assert said.opened_s() == [1.0]
    assert said.still_open[0].subjects_total == 2


@pytest.mark.parametrize(("apart_s", "incidents"), [(5.9, 1), (6.0, 2)])
def test_a_zone_opens_another_incident_after_its_cool_down(apart_s: float, incidents: int) -> None:
    films = {1: Actor(VISIT + away(apart_s) + VISIT, class_name="fire")}
    assert len(play(FIRE, films).opened_s()) == incidents


def test_people_who_come_and_go_are_one_crowd_and_all_of_them_are_counted() -> None:
    said = play(CROWD, {1: "i" * 30, 2: "i" * 20 + "o" * 10, 3: "o" * 15 + "i" * 15, 4: "o" * 20 + "iio" * 3})
    assert said.opened_s() == [1.0]
    (incident,) = said.still_open
    assert incident.subjects_total == 4
    assert {subject.track_id for subject in incident.subjects} == {1, 2, 3, 4}


def test_a_report_holds_fifty_subjects_those_seen_last_and_counts_all() -> None:
    crowd = dict.fromkeys(range(1, 41), "i" * 12 + "o" * 3)
    later = dict.fromkeys(range(41, 71), "o" * 8 + "i" * 7)
    (incident,) = play(CROWD, crowd | later).still_open
    assert len(incident.subjects) == SUBJECTS_MAX
    assert {subject.track_id for subject in incident.subjects} >= set(range(41, 71))
    assert incident.subjects_total == 70
