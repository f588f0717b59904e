"""Faster than allowed over a ground whose size is known."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.rules.errors import RulesError
from edge.rules.ground import Ground, ground_fault
from edge.rules.rules_file import parse_rules
from edge.rules.speed import Speed
from edge.rules.zone import Point, Zone, anchor_of
from models.synthetic.view import View
from tests.edge.rules.stories import Actor, opened, violations

VIEW = View(height_m=5.0, pitch_deg=30.0, width_deg=70.0, aspect=16 / 9)  # a pinhole camera 5 m above the ground
LANE = ((-3.0, 8.0), (3.0, 8.0), (3.0, 24.0), (-3.0, 24.0))  # metres to the right and ahead of the camera


def seen(x_m: float, z_m: float) -> Point:
    ((x, y),) = VIEW.ground(np.array([(x_m, z_m)]))
    return float(x), float(y)


CORNERS = tuple(seen(*corner) for corner in LANE)
ZONE = Zone("lane", CORNERS, metres=(6.0, 16.0))
RULE = Speed(
    rule_id="fast",
    type_id="traffic.wrong_way",
    severity="lead",
    place=ZONE,
    classes=("car",),
    over_kmh=15.0,
    dwell_s=0.5,
)
FPS = 10


def drive(kmh: float, length_s: float = 3.0, from_m: float = 9.0, jitter: Sequence[float] = ()) -> Actor:
    """Straight ahead at a constant speed; the box stands on the ground where the car is."""
    boxes = []
    for index in range(round(length_s * FPS)):
        x, y = seen(0.0, from_m + kmh / 3.6 * index / FPS)
        height = 1.5 * VIEW.focal / VIEW.depth_m(np.array([[0.0, 0.0, from_m + kmh / 3.6 * index / FPS]]))[0]
        y += (jitter[index % len(jitter)] if jitter else 0.0) * float(height)
        boxes.append((x - 0.05, y - float(height), x + 0.05, y))
    return Actor(boxes, class_name="car")


def measured(actor: Actor, rule: Speed = RULE) -> list[tuple[float, float]]:
    """Of each sample of a violation: the speed, and what it had to exceed."""
    found = [
        {step.name: step for step in violation.trace}["speed"]
        for sample in violations(replace(rule, over_kmh=1.0, dwell_s=0.0), {1: actor})
        for violation in sample
    ]
    return [(float(step.value), float(step.threshold)) for step in found]


@given(x=st.floats(-2.9, 2.9), z=st.floats(8.1, 23.9))
def test_the_ground_is_the_cameras_own(x: float, z: float) -> None:
    """A rectangle's corners and size say where every other point of the ground is."""
    place = Ground.of(CORNERS, (6.0, 16.0)).place(seen(x, z))
    assert place == pytest.approx((x + 3.0, z - 8.0), abs=1e-6)


@pytest.mark.parametrize("kmh", [8.0, 15.0, 30.0])
def test_a_constant_speed_is_measured_near_and_far(kmh: float) -> None:
    speeds = [speed for speed, _ in measured(drive(kmh, length_s=min(3.0, 14 / (kmh / 3.6))))]
    assert speeds
    assert all(speed == pytest.approx(kmh, abs=0.2) for speed in speeds)


@given(st.lists(st.floats(-0.02, 0.02), min_size=3, max_size=30))
def test_jitter_of_the_detector_stays_within_the_stated_tolerance(jitter: list[float]) -> None:
    for speed, threshold in measured(drive(15.0, jitter=jitter)):
        worst_kmh = (threshold - 1.0) * math.sqrt(2)  # both ends off at once, in the same direction
        assert abs(speed - 15.0) <= worst_kmh + 0.5


def test_what_is_far_is_measured_less_surely() -> None:
    """Beside 5 % of the speed for the scale, the jitter's own share grows with the distance."""
    jitter = [threshold - 1.0 - 0.05 * speed for speed, threshold in measured(drive(15.0))]
    assert jitter[0] > 0.2
    assert jitter[-1] > 1.2 * jitter[0]


@pytest.mark.parametrize(("kmh", "over"), [(12.0, False), (15.5, False), (25.0, True)])
def test_only_what_is_faster_than_limit_and_tolerance_breaks_the_rule(kmh: float, *, over: bool) -> None:
    assert bool(opened(RULE, {1: drive(kmh, length_s=2.0)})) == over


def test_it_takes_a_second_to_measure_and_the_dwell() -> None:
    assert opened(RULE, {1: drive(25.0, length_s=2.0)}) == [1.5]


def test_outside_the_zone_the_ground_is_not_known() -> None:
    assert opened(RULE, {1: drive(30.0, length_s=2.0, from_m=26.0)}) == []


def test_of_another_class_or_standing_it_is_nothing() -> None:
    assert opened(RULE, {1: replace_class(drive(30.0), "bicycle")}) == []
    assert opened(RULE, {1: drive(0.0)}) == []


def replace_class(actor: Actor, name: str) -> Actor:
    return Actor(actor.positions, class_name=name)


def test_the_trace_has_the_speed_and_over_how_long() -> None:
    sample = next(found for found in violations(RULE, {1: drive(25.0)}) if found and found[0].opened_s)
    trace = {step.name: step for step in sample[0].trace}
    assert trace["speed"].value == pytest.approx(25.0, abs=0.2)
    assert trace["speed"].unit == "km/h"
    assert trace["speed_averaged"].value == pytest.approx(1.0)
    assert all(step.holds for step in sample[0].trace)


FILE = """\
version: 1
zones:
  lane: {{polygon: {polygon}{metres}}}
rules:
  - {{id: a, type: traffic.wrong_way, kind: speed, zone: {zone}, classes: [car]{keys}}}
"""
POLYGON = "[[0.2, 0.9], [0.8, 0.9], [0.6, 0.4], [0.4, 0.4]]"


def parse(
    keys: str = ", over_kmh: 15", metres: str = ", metres: [6, 16]", polygon: str = POLYGON, zone: str = "lane"
) -> Speed:
    text = FILE.format(keys=keys, metres=metres, polygon=polygon, zone=zone)
    (rule,) = parse_rules("rules.yaml", text, ("person", "car"), "detector-14").rules
    assert isinstance(rule, Speed)
    return rule


def test_a_rule_of_speed_has_a_limit_and_its_zone_a_scale() -> None:
    rule = parse()
    assert (rule.over_kmh, rule.dwell_s, rule.place.metres) == (15.0, 1.0, (6.0, 16.0))
    assert rule.version != parse(metres=", metres: [6, 12]").version


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"metres": ""}, "5: zone lane has no scale: write `metres: [width, length]` in it"),
        ({"zone": "frame"}, "5: zone frame has no scale"),
        ({"keys": ""}, "5: over_kmh is missing: a rule of kind speed needs it"),
        ({"keys": ", over_kmh: 0"}, "5: over_kmh: 0 does not do: a number from 1 to 300 is wanted"),
        ({"metres": ", metres: [6]"}, "3: metres: write [from the first corner to the second"),
        ({"metres": ", metres: [0, 6]"}, "3: metres: 0 does not do: a number from 0.1 to 1000 is wanted"),
        ({"polygon": "[[0.2, 0.9], [0.8, 0.9], [0.6, 0.4]]"}, "3: metres need a zone of 4 corners"),
        ({"polygon": "[[0.2, 0.9], [0.8, 0.9], [0.5, 0.8], [0.4, 0.4]]"}, "3: metres need a zone without a dent"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(wrong: dict[str, str], message: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse(**wrong)
    assert str(caught.value).startswith(f"rules.yaml:{message}")


def test_a_zone_without_a_scale_has_the_version_it_always_had() -> None:
    assert "metres" not in replace(ZONE, metres=None).canonical()
    assert ground_fault(CORNERS) is None
    assert anchor_of((0.1, 0.1, 0.3, 0.5), "bottom_center") == (0.2, 0.5)
