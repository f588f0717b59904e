"""A track's anchor over a line, in the direction that breaks the rule."""

from dataclasses import replace
from datetime import timedelta

import pytest

from edge.rules.line import Direction, Line
from edge.rules.line_crossing import LineCrossing
from edge.rules.schedule import ALL_DAY, Schedule
from edge.rules.zone import Point, Zone
from tests.edge.rules.stories import MONDAY, Actor, opened, violations

GATE = Line("gate", ((0.1, 0.5), (0.9, 0.5)), direction="up")
RULE = LineCrossing(
    rule_id="wrong-way", type_id="traffic.wrong_way", severity="lead", place=GATE, classes=("car", "bicycle")
)


def at(*anchors: Point | None, size: float = 0.1) -> dict[int, Actor]:
    """A car whose anchor is at these points, sample after sample; None where nobody sees it."""
    boxes = [
        None if anchor is None else (anchor[0] - size / 2, anchor[1] - size, anchor[0] + size / 2, anchor[1])
        for anchor in anchors
    ]
    return {1: Actor(boxes, class_name="car")}


def along_y(*ys: float | None, x: float = 0.5) -> dict[int, Actor]:
    return at(*(None if y is None else (x, y) for y in ys))


@pytest.mark.parametrize(
    ("ys", "seconds"),
    [
        ((0.60, 0.55, 0.45, 0.40), [0.2]),  # straight over
        ((0.90, 0.10), [0.1]),  # in one jump
        ((0.60, 0.55, None, None, None, None, None, None, 0.40), [0.8]),  # over while nobody saw it
        ((0.60, 0.50, 0.40), [0.2]),  # exactly on the line in between
        ((0.60, 0.501, 0.4995, 0.4999, 0.49, 0.40), [0.4]),  # slowly: said when clear of the line
        ((0.60, 0.40, 0.60, 0.40), [0.1, 0.3]),  # twice up: twice
    ],
)
def test_a_car_that_crosses_upwards_breaks_the_rule(ys: tuple[float | None, ...], seconds: list[float]) -> None:
    assert opened(RULE, along_y(*ys)) == seconds


@pytest.mark.parametrize(
    "ys",
    [
        (0.40, 0.45, 0.55, 0.60),  # the way it should go
        (0.60, 0.55, 0.52, 0.55, 0.60),  # comes near and turns
        (0.60, 0.501, 0.4995, 0.501, 0.4995, 0.502, 0.4995, 0.501),  # stands on the line, trembling
        (0.60, 0.501, 0.499, 0.501, 0.60),  # touches it, and back
        (0.40, 0.30, 0.20),  # has been over from the start
    ],
)
def test_a_car_that_does_not_cross_upwards_does_not(ys: tuple[float, ...]) -> None:
    assert opened(RULE, along_y(*ys)) == []


def test_a_car_that_passes_beside_the_line_does_not() -> None:
    assert opened(RULE, along_y(0.60, 0.40, x=0.95)) == []


def test_a_car_that_goes_around_the_end_of_the_line_does_not() -> None:
    assert opened(RULE, at((0.8, 0.6), (0.95, 0.6), (0.95, 0.4), (0.8, 0.4))) == []


def test_another_class_does_not() -> None:
    assert opened(RULE, {1: Actor(along_y(0.6, 0.4)[1].positions, class_name="person")}) == []


@pytest.mark.parametrize(
    ("direction", "way", "breaks"),
    [
        ("left", ((0.6, 0.5), (0.4, 0.5)), True),
        ("left", ((0.4, 0.5), (0.6, 0.5)), False),
        ("right", ((0.4, 0.5), (0.6, 0.5)), True),
        ("either", ((0.4, 0.5), (0.6, 0.5)), True),
        ("either", ((0.6, 0.5), (0.4, 0.5)), True),
    ],
)
def test_an_upright_line_has_left_and_right(direction: Direction, way: tuple[Point, Point], breaks: bool) -> None:
    upright = replace(GATE, points=((0.5, 0.1), (0.5, 0.9)), direction=direction)
    assert bool(opened(replace(RULE, place=upright), at(*way))) == breaks


def test_two_tracks_do_not_make_one_crossing() -> None:
    below, above = along_y(0.60, None, None)[1], along_y(None, 0.40, 0.35)[1]
    assert opened(RULE, {1: below, 2: above}) == []


def test_a_crossing_in_a_permitted_zone_is_exempt() -> None:
    driveway = Zone("driveway", ((0.4, 0.3), (0.6, 0.3), (0.6, 0.6), (0.4, 0.6)), kind="permitted")
    assert opened(replace(RULE, permitted=(driveway,)), along_y(0.6, 0.4)) == []
    assert opened(replace(RULE, permitted=(driveway,)), along_y(0.6, 0.4, x=0.8)) == [0.1]


def test_outside_its_schedule_the_rule_rests() -> None:
    rule = replace(RULE, schedule=Schedule(weekly=((ALL_DAY,),) * 5 + ((), ())))
    assert opened(rule, along_y(0.6, 0.4), local=MONDAY - timedelta(days=1)) == []


def test_the_trace_says_from_where_to_where() -> None:
    (violation,) = violations(RULE, along_y(0.6, 0.4))[1]
    (crossed,) = [step for step in violation.trace if step.name == "crossed"]
    assert (crossed.value, crossed.threshold) == ("0.5000,0.6000 > 0.5000,0.4000", "up")
    assert violation.first_s == violation.opened_s == violation.last_s == 0.1
