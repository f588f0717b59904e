"""Too many in one place: the zone as a whole breaks the rule, not the people in it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from edge.rules.count import Count
from edge.rules.schedule import ALL_DAY, Schedule
from tests.edge.rules.stories import MONDAY, PERMITTED, ZONE, Actor, opened, violations

RULE = Count(
    rule_id="crowd",
    type_id="safety.overcrowding",
    severity="alert",
    place=ZONE,
    classes=("person",),
    at_least=3,
    dwell_s=1.0,
)
STAYS = "i" * 20


@pytest.mark.parametrize(
    ("films", "seconds"),
    [
        ((STAYS, STAYS, STAYS), [1.0]),
        ((STAYS, STAYS, "ooooo" + "i" * 20), [1.5]),  # counted from the third on
        ((STAYS, STAYS, "iiiiiooooo" + "o" * 10, "ooooiiiiii" + STAYS), [1.0]),  # one goes, another has come
        ((STAYS, STAYS, "iiiii...iiiiiiiiii"), [1.0]),  # one is not seen for a moment
        ((STAYS, STAYS, STAYS, STAYS, STAYS), [1.0]),  # more than enough: still one violation
    ],
)
def test_enough_people_for_long_enough_break_the_rule(films: tuple[str, ...], seconds: list[float]) -> None:
    assert opened(RULE, dict(enumerate(films, 1))) == seconds


@pytest.mark.parametrize(
    "films",
    [
        (STAYS, STAYS),  # two are not three
        (STAYS, STAYS, "o" * 20),  # the third is outside
        (STAYS, STAYS, "iiiiiiiii" + "o" * 11),  # not long enough
        ("iiiiiiiiiooooooooooo", "oooooiiiiiiiiioooooo", "ooooooooooiiiiiiiiii"),  # one after the other
    ],
)
def test_fewer_or_shorter_does_not(films: tuple[str, ...]) -> None:
    assert opened(RULE, dict(enumerate(films, 1))) == []


def test_whoever_is_exempt_does_not_count() -> None:
    films = {1: STAYS, 2: STAYS, 3: "p" * 20}
    assert opened(RULE, films) == [1.0]
    assert opened(replace(RULE, permitted=(PERMITTED,)), films) == []


def test_outside_its_schedule_the_rule_rests() -> None:
    rule = replace(RULE, schedule=Schedule(weekly=((ALL_DAY,),) * 5 + ((), ())))
    assert opened(rule, dict.fromkeys((1, 2, 3), STAYS), local=MONDAY - timedelta(days=1)) == []


def test_another_class_does_not_count() -> None:
    assert opened(RULE, {1: STAYS, 2: STAYS, 3: Actor(STAYS, class_name="bicycle")}) == []


def test_everybody_in_the_zone_is_a_subject_and_the_trace_says_how_many() -> None:
    (violation,) = violations(RULE, dict.fromkeys((1, 2, 3, 4), STAYS))[-1]
    assert sorted(track.track_id for track in violation.tracks) == [1, 2, 3, 4]
    assert violation.trace[0].name == "count_in_zone"
    assert (violation.trace[0].value, violation.trace[0].threshold, violation.trace[0].holds) == (4, 3, True)
