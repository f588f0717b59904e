"""Fire in the zone: it flickers, its tracks come and go, the rule asks only whether there is any."""

from dataclasses import replace
from datetime import timedelta

import pytest

from edge.rules.presence import Presence
from edge.rules.schedule import ALL_DAY, Schedule
from tests.edge.rules.stories import MONDAY, PERMITTED, ZONE, Actor, opened, violations

RULE = Presence(
    rule_id="fire", type_id="fire.flame", severity="safety", place=ZONE, classes=("fire", "smoke"), dwell_s=1.0
)


def burning(*films: str, class_name: str = "fire") -> dict[int, Actor]:
    return {track_id: Actor(film, class_name=class_name) for track_id, film in enumerate(films, 1)}


@pytest.mark.parametrize(
    ("films", "seconds"),
    [
        (("iiiiiiiiiiiii",), [1.0]),
        (("ii.ii...i.iii",), [1.0]),  # flickers
        (("iiiix", "....iiiix", "........iiiii"), [1.0]),  # a new track every moment
        (("iiiiiiiiiiiii", "iiiiiiiiiiiii"), [1.0]),  # two flames, one violation
    ],
)
def test_fire_that_stays_breaks_the_rule_whatever_its_tracks_are(films: tuple[str, ...], seconds: list[float]) -> None:
    assert opened(RULE, burning(*films)) == seconds


@pytest.mark.parametrize(
    "films",
    [
        ("oooooooooooooo",),  # outside the zone
        ("iiiii.........",),  # a flash
        ("iiiii......iiiii",),  # two flashes, too far apart
    ],
)
def test_a_flash_does_not(films: tuple[str, ...]) -> None:
    assert opened(RULE, burning(*films)) == []


def test_a_person_is_no_fire() -> None:
    assert opened(RULE, burning("i" * 20, class_name="person")) == []


def test_smoke_goes_on_for_fire_when_the_rule_names_both() -> None:
    both = {1: Actor("iiiiiix", class_name="smoke"), 2: Actor("......iiiiiii", class_name="fire")}
    assert opened(RULE, both) == [1.0]


def test_a_welding_bay_is_exempt() -> None:
    assert opened(RULE, burning("p" * 20)) == [1.0]
    assert opened(replace(RULE, permitted=(PERMITTED,)), burning("p" * 20)) == []


def test_outside_its_schedule_the_rule_rests() -> None:
    rule = replace(RULE, schedule=Schedule(weekly=((ALL_DAY,),) * 5 + ((), ())))
    assert opened(rule, burning("i" * 20), local=MONDAY - timedelta(days=1)) == []


def test_the_trace_is_about_the_surest_one() -> None:
    two = {1: Actor("i" * 11, class_name="fire", score=0.4), 2: Actor("i" * 11, class_name="smoke", score=0.8)}
    (violation,) = violations(RULE, two)[-1]
    assert {step.name: step.value for step in violation.trace}["score"] == 0.8
    assert len(violation.tracks) == 2
