"""What should be worn on a part of the subject is not there: no helmet, no vest, a rider without a helmet.

Ten samples a second in a picture of 1000 x 1000 px. Letters say what a person wears in a sample:

    h a helmet on the head    b a bare head    - neither is found    n helmet in the hand    a a neighbour's helmet
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from edge.rules.attribute_absence import AttributeAbsence
from edge.rules.scene import Found, Parts
from edge.rules.violation import Attribute
from edge.tracking.track import Box
from tests.edge.rules.stories import PERMITTED, ZONE, Actor, opened, violations

PERSON: Box = (0.60, 0.20, 0.75, 0.60)  # 150 x 400 px, its head part 150 x 100 px
HEAD: Box = (0.65, 0.21, 0.70, 0.26)
WORN = {
    "h": Found("helmet", 0.8, HEAD),
    "b": Found("bare_head", 0.8, HEAD),
    "n": Found("helmet", 0.8, (0.72, 0.42, 0.77, 0.46)),
    "a": Found("helmet", 0.8, (0.74, 0.21, 0.79, 0.26)),
    "v": Found("vest", 0.8, (0.61, 0.30, 0.74, 0.48)),
}
RULE = AttributeAbsence(
    rule_id="no-helmet",
    type_id="ppe.no_helmet",
    severity="lead",
    place=ZONE,
    classes=("person",),
    part="head",
    present="helmet",
    absent="bare_head",
    dwell_s=1.0,
)
VEST = replace(RULE, rule_id="no-vest", type_id="ppe.no_vest", part="torso", present="vest", absent="no_vest")


def wearing(letters: str, side_px: int = 1000) -> Callable[[int], Parts]:
    return lambda index: Parts(tuple(WORN[one] for one in letters[index] if one in WORN), side_px, side_px)


def seen(letters: str, rule: AttributeAbsence = RULE, box: Box = PERSON, side_px: int = 1000) -> list[float]:
    """At which seconds a violation opened, of one person who stays for as many samples as there are letters."""
    return opened(rule, {1: Actor([box] * len(letters))}, parts=wearing(letters, side_px))


@pytest.mark.parametrize(
    ("letters", "seconds"),
    [
        ("b" * 20, [1.7]),  # eight detections make it sure, then it lasts a second
        ("-" * 20, [1.7]),  # no bare head is found, but no helmet either
        ("bbhbbbbhbbb-bbbhbbbb", [1.7]),  # one detection in five says helmet, wrongly
        ("n" * 20, [1.7]),  # the helmet is in the hand
        ("a" * 20, [1.7]),  # it is on somebody else's head
        ("h" * 30 + "b" * 40, [5.6]),  # taken off at 3.0 s: 17 of 24 say so at 4.6 s
    ],
)
def test_a_head_without_a_helmet_is_found(letters: str, seconds: list[float]) -> None:
    assert seen(letters) == seconds


@pytest.mark.parametrize(
    "letters",
    [
        "h" * 40,  # worn
        "hbhbhbhbhbhbhbhbhbhbhbhbhbhbhbhbhbhb",  # half of the detections: the detector is not sure
        "b" * 7,  # too few detections
        "b" * 12 + "h" * 30,  # put on before the dwell is done
    ],
)
def test_a_head_with_a_helmet_or_in_doubt_is_not(letters: str) -> None:
    assert seen(letters) == []


def test_a_faint_helmet_is_a_helmet_and_a_faint_bare_head_is_none() -> None:
    rule = replace(RULE, absent_score_min=0.3)
    faint = {"h": replace(WORN["h"], score=0.11), "b": replace(WORN["b"], score=0.29)}
    both = Parts((faint["h"], faint["b"]), 1000, 1000)
    assert opened(rule, {1: Actor([PERSON] * 20)}, parts=lambda _: both) == []


def test_a_bare_head_that_is_believed_decides_whatever_else_is_found_there() -> None:
    both = Parts((WORN["h"], WORN["b"]), 1000, 1000)
    assert opened(RULE, {1: Actor([PERSON] * 20)}, parts=lambda _: both) == [1.7]


def test_a_vest_is_looked_for_on_the_torso() -> None:
    assert seen("-" * 20, VEST) == [1.7]
    assert seen("h" * 20, VEST) == [1.7]
    assert seen("v" * 20, VEST) == []


def test_whoever_stands_in_a_permitted_zone_is_exempt() -> None:
    box = (0.85, 0.4, 0.95, 0.9)
    assert seen("-" * 20, box=box) == [1.7]
    assert seen("-" * 20, replace(RULE, permitted=(PERMITTED,)), box) == []


def test_a_part_too_small_to_see_is_no_lead() -> None:
    assert seen("-" * 20, side_px=240) == [1.7]  # the head part is 36 x 24 px
    assert seen("-" * 20, side_px=239) == []
    assert seen("b" * 20, replace(RULE, min_part_px=101)) == []


def test_outside_the_zone_nobody_is_judged() -> None:
    assert seen("b" * 20, box=(0.1, 0.2, 0.25, 0.6)) == []


MOTORCYCLE: Box = (0.60, 0.50, 0.70, 0.70)
RIDER = Found("person", 0.9, (0.61, 0.35, 0.69, 0.65))
RIDES = replace(RULE, rule_id="rider", type_id="traffic.no_rider_helmet", classes=("motorcycle",), part="rider")


@pytest.mark.parametrize(
    ("found", "seconds"),
    [
        ((RIDER,), [1.7]),
        ((RIDER, Found("bare_head", 0.8, (0.63, 0.35, 0.67, 0.39))), [1.7]),
        ((RIDER, Found("helmet", 0.8, (0.63, 0.35, 0.67, 0.39))), []),
        ((), []),  # parked: nobody to judge
        ((Found("person", 0.9, (0.68, 0.2, 0.8, 0.6)),), []),  # somebody walks by
    ],
)
def test_a_rider_wears_a_helmet_above_the_motorcycle(found: tuple[Found, ...], seconds: list[float]) -> None:
    motorcycle = Actor([MOTORCYCLE] * 20, class_name="motorcycle")
    assert opened(RIDES, {1: motorcycle}, parts=lambda _: Parts(found, 1000, 1000)) == seconds


def test_the_trace_says_how_it_was_measured_and_the_attribute_how_sure_it_is() -> None:
    letters = "bbhbbbbbb-bbbbbbbbbb"
    (violation,) = violations(RULE, {1: Actor([PERSON] * 20)}, parts=wearing(letters))[-1]
    steps = {step.name: (step.value, step.threshold, step.unit, step.holds) for step in violation.trace}
    assert steps["part_px"] == (100, 24, "px", True)
    assert steps["part_covered"] == (0.0, 0.5, "share", True)
    assert steps["detections_judged"] == (20, 8, "detections", True)
    assert steps["absent_share"] == (0.95, 0.7, "share", True)
    assert violation.attributes == {1: (Attribute("helmet", "absent", 0.95),)}


def test_a_helmet_put_on_while_the_gap_lasts_leaves_the_attribute_unclear() -> None:
    """Eight of 24 detections with a helmet end what holds; the violation lives for the gap."""
    sample = violations(RULE, {1: Actor([PERSON] * 33)}, parts=wearing("b" * 24 + "h" * 9))[-1]
    (attribute,) = sample[0].attributes[1]
    assert (attribute.name, attribute.state, round(attribute.score, 3)) == ("helmet", "unclear", 0.625)


def test_a_track_that_ended_is_forgotten() -> None:
    film = {1: Actor([PERSON] * 10)}
    assert opened(RULE, film, parts=wearing("b" * 10)) == []
    gone = Actor("iiiiiiix" + "i" * 20)  # seven detections, forgotten, and the same number again
    assert opened(RULE, {1: gone}, parts=wearing("b" * 28)) == [2.5]
