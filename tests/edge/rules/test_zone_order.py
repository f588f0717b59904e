"""In through the exit: a track goes through zones in the order that breaks the rule."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.rules.errors import RulesError
from edge.rules.rules_file import parse_rules
from edge.rules.schedule import ALL_DAY, Schedule
from edge.rules.zone import Zone
from edge.rules.zone_order import ZoneOrder
from edge.tracking.track import Box
from tests.edge.rules.stories import MONDAY, Actor, opened, violations

EXIT = Zone("exit", ((0.0, 0.2), (0.3, 0.2), (0.3, 0.8), (0.0, 0.8)))
LOBBY = Zone("lobby", ((0.3, 0.2), (0.6, 0.2), (0.6, 0.8), (0.3, 0.8)))
YARD = Zone("yard", ((0.6, 0.2), (1.0, 0.2), (1.0, 0.8), (0.6, 0.8)))
RULE = ZoneOrder(
    rule_id="in-by-exit",
    type_id="site.intrusion",
    severity="lead",
    place=YARD,
    classes=("person",),
    zones=(EXIT, YARD),
    within_s=5.0,
)
LETTERS = {"e": 0.15, "l": 0.45, "y": 0.8, "b": 0.3, "n": 0.6}  # b, n: on the borders of exit and lobby, lobby and yard


def at(x: float, y: float = 0.5) -> Box:
    return (x - 0.03, y - 0.3, x + 0.03, y)


def walk(letters: str) -> Actor:
    """One sample of a tenth of a second for each letter; o: outside of all."""
    return Actor([at(LETTERS[letter]) if letter in LETTERS else at(0.5, 0.95) for letter in letters])


@pytest.mark.parametrize(
    ("letters", "seconds"),
    [
        ("eeellyyy", [0.5]),
        ("ey", [0.1]),
        ("eeoooooyyy", [0.7]),
        ("eeellleeelllyyy", [1.2]),  # to and fro before the yard
        ("eeyyyllyyy", [0.2]),  # one way in is one
    ],
)
def test_whoever_comes_by_the_exit_breaks_the_rule_when_the_yard_is_reached(letters: str, seconds: list[float]) -> None:
    assert opened(RULE, {1: walk(letters)}) == seconds


@pytest.mark.parametrize(
    "letters",
    [
        "yyylleee",  # the way out
        "yyylleeellyyy",  # out and back again at once: did not come in by the exit
        "lllyyy",
        "eeelll",
        "eeellb",
        "ee" + "o" * 60 + "yy",  # a minute later it is another matter
    ],
)
def test_other_ways_do_not(letters: str) -> None:
    assert opened(RULE, {1: walk(letters)}) == []


def test_long_outside_and_back_by_the_exit_is_a_way_in() -> None:
    assert opened(RULE, {1: walk("yyyee" + "o" * 60 + "eeyy")}) == [6.7]


def test_each_way_in_is_a_violation_of_its_own() -> None:
    assert opened(RULE, {1: walk("eeyy" + "o" * 60 + "eeyy")}) == [0.2, 6.6]


def test_all_zones_count_in_their_order() -> None:
    three = replace(RULE, zones=(EXIT, LOBBY, YARD))
    assert opened(three, {1: walk("eellyy")}) == [0.4]
    assert opened(three, {1: walk("eeooyy")}) == []
    assert opened(three, {1: walk("lleeyy")}) == []


def test_trembling_on_a_border_visits_nothing() -> None:
    touching = replace(RULE, zones=(LOBBY, YARD))
    trembles = Actor([at(0.6 - 0.004 * (-1) ** index) for index in range(20)])  # first on the lobby's side
    assert opened(touching, {1: trembles}) == []
    out = Actor([at(0.8), at(0.7), *(at(0.6 + 0.004 * (-1) ** index) for index in range(20)), at(0.5), at(0.4)])
    assert opened(touching, {1: out}) == []


@given(st.lists(st.sampled_from("elyo"), min_size=1, max_size=30).map("".join))
def test_the_way_out_alone_never_breaks_the_rule_of_the_way_in(letters: str) -> None:
    """Once in the yard, nothing within five seconds is a way in."""
    assert opened(RULE, {1: walk("y" + letters[:40])}) == []


def test_classes_and_schedule_hold_as_for_every_rule() -> None:
    car = Actor(walk("eeyy").positions, class_name="car")
    assert opened(RULE, {1: car}) == []
    weekdays = replace(RULE, schedule=Schedule(weekly=((ALL_DAY,),) * 5 + ((), ())))
    assert opened(weekdays, {1: walk("eeyy")}, local=MONDAY - timedelta(days=1)) == []


def test_a_camera_that_does_not_see_all_zones_sees_no_order() -> None:
    elsewhere = replace(EXIT, cameras=("other",))
    assert opened(replace(RULE, zones=(elsewhere, YARD)), {1: walk("eeyy")}) == []


def test_the_trace_names_the_way_and_how_long_it_took() -> None:
    (violation,) = violations(RULE, {1: walk("eeooy")})[-1]
    trace = {step.name: step for step in violation.trace}
    assert trace["zones_in_order"].value == trace["zones_in_order"].threshold == "exit > yard"
    assert trace["longest_way"].value == pytest.approx(0.3)
    assert all(step.holds for step in violation.trace)


FILE = """\
version: 1
zones:
  exit:  {{cameras: [gate_1], polygon: [[0.0, 0.2], [0.3, 0.2], [0.3, 0.8]]}}
  yard:  {{cameras: [{camera}], polygon: [[0.6, 0.2], [1.0, 0.2], [1.0, 0.8]]}}
rules:
  - {{id: a, type: site.intrusion, kind: zone_order, {keys}}}
"""
GOOD = "zones: [exit, yard], classes: [person], within_s: 20"


def parse(keys: str, camera: str = "gate_1") -> ZoneOrder:
    (rule,) = parse_rules("rules.yaml", FILE.format(keys=keys, camera=camera), ("person",), "detector-14").rules
    assert isinstance(rule, ZoneOrder)
    return rule


def test_a_rule_names_its_zones_in_their_order() -> None:
    rule = parse(GOOD)
    assert [zone.zone_id for zone in rule.zones] == ["exit", "yard"]
    assert (rule.place_id, rule.within_s) == ("yard", 20.0)
    assert rule.version != parse(GOOD.replace("exit, yard", "yard, exit")).version
    assert parse("zones: [exit, yard], classes: [person]").within_s == 60.0


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("classes: [person]", "zones is missing: a rule of kind zone_order needs it"),
        ("zones: [exit], classes: [person]", "zones: 2 to 8 zones in their order are wanted, not 1"),
        ("zones: [exit, yard, exit], classes: [person]", "zones: exit stands twice: an order goes through each zone"),
        ("zones: [exit, yad], classes: [person]", "zones yad is not in the file: is yard meant?"),
        ("zone: yard, classes: [person]", "unknown key zone in rules: is zones meant?"),
        (GOOD.replace("20", "0"), "within_s: 0 does not do: a number from 1 to 3600 is wanted"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(keys: str, message: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse(keys)
    assert str(caught.value).startswith(f"rules.yaml:6: {message}")


def test_zones_of_two_cameras_have_no_order() -> None:
    with pytest.raises(RulesError, match=r"rules.yaml:6: zones: exit, yard belong to other cameras"):
        parse(GOOD, camera="gate_2")
