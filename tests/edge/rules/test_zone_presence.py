"""A track's anchor in a zone for the dwell: intrusion, loitering."""

from dataclasses import replace
from datetime import timedelta

import pytest

from edge.rules.schedule import ALL_DAY, Schedule
from edge.rules.zone import FRAME
from edge.rules.zone_presence import ZonePresence
from tests.edge.rules.stories import MONDAY, PERMITTED, ZONE, Actor, opened, violations

RULE = ZonePresence(
    rule_id="intrusion", type_id="site.intrusion", severity="alert", place=ZONE, classes=("person",), dwell_s=1.0
)


@pytest.mark.parametrize(
    ("film", "seconds"),
    [
        ("iiiiiiiiiiiiii", [1.0]),  # stays: opens when one second is over
        ("ooooiiiiiiiiiiii", [1.4]),  # walks in, stays
        ("iiiii..iiiiiii", [1.0]),  # not seen for a moment: the dwell counts on
        ("iiiiioooiiiiii", [1.0]),  # steps out and in again within the gap: counts on as well
        ("iiiiiiiii...iiii", [1.2]),  # the second is over while nobody sees it: opens with the next sight
        ("iiiiiiiiiiiooooooooooiiiiiiiiiii", [1.0, 3.1]),  # comes back after more than the gap: a violation of its own
    ],
)
def test_a_person_who_stays_in_the_zone_breaks_the_rule(film: str, seconds: list[float]) -> None:
    assert opened(RULE, {1: film}) == seconds


@pytest.mark.parametrize(
    "film",
    [
        "oooooooooooooooooooo",  # never in the zone
        "ooiiiiiiiiioooooooo",  # passes through in less than a second
        "iiiii......iiiii",  # too long out of sight: the second begins anew
        "iiiiiiooooooiiiiiii",  # too long outside: it begins anew
    ],
)
def test_a_person_who_does_not_stay_does_not(film: str) -> None:
    assert opened(RULE, {1: film}) == []


def test_a_car_is_not_a_person() -> None:
    assert opened(RULE, {1: Actor("i" * 20, class_name="car")}) == []


def test_a_track_below_the_score_does_not_count() -> None:
    assert opened(replace(RULE, min_score=0.5), {1: Actor("i" * 20, score=0.49)}) == []
    assert opened(replace(RULE, min_score=0.5), {1: Actor("i" * 20, score=0.5)}) == [1.0]
    by_class = replace(RULE, class_scores=(("person", 0.5),))
    assert opened(by_class, {1: Actor("i" * 20, score=0.49)}) == []
    assert opened(by_class, {1: Actor("i" * 20, score=0.5)}) == [1.0]


def test_whoever_stands_in_a_permitted_zone_is_exempt() -> None:
    assert opened(RULE, {1: "p" * 20}) == [1.0]
    assert opened(replace(RULE, permitted=(PERMITTED,)), {1: "p" * 20}) == []


def test_whoever_stands_behind_a_privacy_mask_is_not_judged() -> None:
    mask = replace(PERMITTED, kind="mask")
    assert opened(replace(RULE, masks=(mask,)), {1: "p" * 20}) == []


def test_outside_its_schedule_the_rule_rests() -> None:
    weekdays = Schedule(weekly=((ALL_DAY,),) * 5 + ((), ()))
    rule = replace(RULE, schedule=weekdays)
    assert opened(rule, {1: "i" * 20}, local=MONDAY) == [1.0]
    assert opened(rule, {1: "i" * 20}, local=MONDAY - timedelta(days=1)) == []


def test_each_track_breaks_the_rule_for_itself() -> None:
    assert opened(RULE, {1: "iiiiiiiiiiiiiiii", 2: "oooiiiiiiiiiiiiiii"}) == [1.0, 1.3]


def test_the_whole_picture_is_a_zone() -> None:
    assert opened(replace(RULE, place=FRAME), {1: "oiopoioiopoioi"}) == [1.0]


@pytest.mark.parametrize(
    ("gap_s", "unseen", "seconds"),
    [
        (0.5, 4, [1.0]),  # 0.5 s from sight to sight: just within the gap
        (0.5, 5, [2.0]),  # 0.6 s: over it
        (0.0, 0, [1.0]),  # no gap allowed, none there
        (0.0, 1, [1.6]),  # 1.5 sample intervals are 0.15 s, one missing sample makes 0.2 s
        (2.0, 19, [2.4]),  # a long gap for a busy street: 2.0 s from sight to sight
    ],
)
def test_the_gap_is_measured_from_sight_to_sight(gap_s: float, unseen: int, seconds: list[float]) -> None:
    assert opened(replace(RULE, gap_s=gap_s), {1: "iiiii" + "." * unseen + "i" * 11}) == seconds


def test_slow_sampling_alone_never_ends_a_violation() -> None:
    every_two_seconds = opened(replace(RULE, dwell_s=6.0), {1: "iiiii"}, fps=0.5)
    assert every_two_seconds == [6.0]


def test_a_violation_says_when_it_began_and_how_it_was_measured() -> None:
    before, after = violations(RULE, {1: "oo" + "i" * 5 + ".." + "i" * 5})[-3:-1]
    assert before[0].opened_s is None
    (violation,) = after
    assert (violation.first_s, violation.opened_s, violation.last_s) == (0.2, 1.2, 1.2)
    steps = {step.name: (step.value, step.threshold, step.unit, step.holds) for step in violation.trace}
    assert steps == {
        "class": ("person", "person", "name", True),
        "score": (0.9, 0.0, "probability", True),
        "anchor_in_zone": ("0.6500,0.6000", "table", "relative", True),
        "longest_gap": (0.3, 0.5, "s", True),
        "dwell": (1.0, 1.0, "s", True),
    }
