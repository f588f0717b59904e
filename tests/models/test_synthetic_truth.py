"""The truth of a scene against times worked out by hand from its paths."""

import pytest

from models.synthetic.acts import Act, Stage, acts
from models.synthetic.clip import watch_scenario
from models.synthetic.scenario_file import parse_scenario
from models.synthetic.truth import courses

FPS = 10
SIZE = (1280, 720)
ZONE = """zones:
  plot: [[-2, 9], [2, 9], [2, 13], [-2, 13]]
  rest: {polygon: [[-2, 9], [0, 9], [0, 13], [-2, 13]], kind: permitted}"""


def truth(body: str, duration_s: float = 20) -> list[Act]:
    scenario = parse_scenario(f"scenario: 1\nduration_s: {duration_s}\n{ZONE}\n{body}", "mine")
    scene, moments = watch_scenario(scenario, FPS)
    return acts(Stage(scenario, scene.view, [moment.t_s for moment in moments], courses(scene, moments), SIZE))


INTRUSION = "rules: [{id: in, type: site.intrusion, kind: zone_presence, zone: plot, classes: [person], dwell_s: 1}]"


def test_who_walks_through_a_zone_is_in_it_for_as_long_as_the_way_takes() -> None:
    """1 m/s from x = -6 at 2 s: the zone's edge at x = -2 is reached at 6 s and left at 10 s."""
    (act,) = truth(f"{INTRUSION}\nactors: [{{id: ann, kind: person, path: [[2, -6, 11], [14, 6, 11]]}}]")
    assert act.subjects == ("ann",)
    assert act.first_seen_s == pytest.approx(6.0, abs=0.3)
    assert act.opened_s == pytest.approx(act.first_seen_s + 1.0, abs=1e-6)
    assert act.ended_s == pytest.approx(10.0, abs=0.3)


def test_who_leaves_before_the_dwell_is_done_is_short_of_it() -> None:
    (act,) = truth(f"{INTRUSION}\nactors: [{{id: ann, kind: person, path: [[2, -6, 11], [4, 10, 11]]}}]")
    assert act.opened_s is None
    assert act.ended_s - act.first_seen_s < 1.0


def test_a_second_visit_of_somebody_in_sight_goes_on_with_the_first() -> None:
    path = "[[0, -4, 11], [4, 0, 11], [8, -4, 11], [12, 0, 11], [16, -4, 11]]"
    (act,) = truth(f"{INTRUSION}\nactors: [{{id: ann, kind: person, path: {path}}}]")
    assert [act.first_seen_s, act.ended_s] == pytest.approx([2.0, 14.0], abs=0.3)
    short = INTRUSION.replace("dwell_s: 1", "dwell_s: 1, cool_down_s: 2")
    assert len(truth(f"{short}\nactors: [{{id: ann, kind: person, path: {path}}}]")) == 2


def test_whoever_was_out_of_the_picture_comes_back_as_a_new_act() -> None:
    path = "[[0, -4, 11], [4, 0, 11], [8, -16, 11], [12, -16, 11], [16, 0, 11], [20, 0, 11]]"
    assert len(truth(f"{INTRUSION}\nactors: [{{id: ann, kind: person, path: {path}}}]")) == 2


def test_a_car_is_parked_from_when_it_stands() -> None:
    rules = (
        "rules: [{id: park, type: traffic.illegal_parking, kind: stationary, zone: plot, classes: [car], dwell_s: 5}]"
    )
    path = "[[0, -16, 12], [4, 0, 12], [12, 0, 12], [16, 16, 12]]"
    (act,) = truth(f"{rules}\nactors: [{{id: car, kind: car, path: {path}}}]")
    assert (act.first_seen_s, act.opened_s, act.ended_s) == pytest.approx((4.0, 9.0, 11.9), abs=0.11)


LINE = "lines: {gate: {points: [[0, 8], [0, 20]], direction: left}}"
CROSSING = f"{LINE}\nrules: [{{id: way, type: traffic.wrong_way, kind: line_crossing, line: gate, classes: [bicycle]}}]"


def test_only_the_forbidden_way_over_the_line_and_between_its_ends_is_an_act() -> None:
    found = truth(
        f"""{CROSSING}
actors:
  - {{id: allowed, kind: bicycle, path: [[0, -8, 12], [8, 8, 12]]}}
  - {{id: forbidden, kind: bicycle, path: [[1, 8, 14], [9, -8, 14]]}}
  - {{id: beyond, kind: bicycle, path: [[2, 8, 23], [10, -8, 23]]}}"""
    )
    assert [act.subjects for act in found] == [("forbidden",)]
    assert found[0].opened_s == pytest.approx(5.0, abs=0.15)


def test_a_bare_head_counts_from_the_helmet_off_to_the_helmet_on_and_not_where_it_is_permitted() -> None:
    rules = """rules:
  - {id: bare, type: ppe.no_helmet, kind: attribute_absence, zone: frame, subject: person, part: head, dwell_s: 2,
     present: helmet, absent: bare_head, min_part_px: 10, permitted: [rest]}"""
    found = truth(
        f"""{rules}
actors:
  - {{id: bare, kind: person, helmet: [[0, true], [5, false], [11, true]], at: [3, 11]}}
  - {{id: resting, kind: person, helmet: [[0, true], [5, false]], at: [-1, 11]}}
  - {{id: far, kind: person, at: [3, 60]}}"""
    )
    assert [act.subjects for act in found] == [("bare",)]
    assert (found[0].first_seen_s, found[0].opened_s, found[0].ended_s) == pytest.approx((5.0, 7.0, 10.9))


def test_a_crowd_is_one_act_of_the_place() -> None:
    rules = """rules:
  - {id: many, type: safety.overcrowding, kind: count, zone: plot, classes: [person], at_least: 3, dwell_s: 2}"""
    comers = "\n".join(f"  - {{id: p{i}, kind: person, at: [{i - 1}, 11], from_s: {2 * i}}}" for i in range(3))
    (act,) = truth(f"{rules}\nactors:\n{comers}")
    assert act.subjects == ("p0", "p1", "p2")
    assert (act.first_seen_s, act.opened_s) == pytest.approx((4.0, 6.0))


def test_what_is_put_down_is_left_and_what_is_carried_is_not() -> None:
    rules = (
        "rules: [{id: left, type: street.piled_material, kind: left_object, zone: plot, area_min: 0.005, dwell_s: 4}]"
    )
    found = truth(
        f"""{rules}
actors:
  - {{id: ann, kind: person, path: [[0, -6, 11], [6, 0, 11], [12, 6, 11]]}}
  - {{id: bob, kind: person, path: [[0, 6, 10], [12, -6, 10]]}}
  - {{id: sack, kind: bag, carried: [[0, 6, ann]]}}
  - {{id: passes, kind: bag, carried: [[0, 20, bob]]}}"""
    )
    assert [act.subjects for act in found] == [("sack",)]
    assert (found[0].first_seen_s, found[0].opened_s) == pytest.approx((6.0, 10.0))
