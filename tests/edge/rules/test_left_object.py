"""Something that was left: the regions that a background model tells of, a zone, an area and a dwell."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from edge.incidents.register import Register
from edge.rules.errors import RulesError
from edge.rules.judge import Judge
from edge.rules.left_object import LeftObject
from edge.rules.rules_file import parse_rules
from edge.rules.schedule import ALL_DAY, Schedule
from edge.rules.violation import Violation
from edge.rules.zone import Zone
from edge.tracking.still_region import StillRegion
from edge.tracking.stillness import Stills
from edge.tracking.track import Box, Tracks
from tests.edge.incidents.acts import moment
from tests.edge.rules.stories import CAMERA, MONDAY, PERMITTED, ZONE

RULE = LeftObject(
    rule_id="goods",
    type_id="street.piled_material",
    severity="lead",
    place=ZONE,
    area_min=0.02,
    dwell_s=3.0,
    cool_down_s=2.0,
)
INSIDE: Box = (0.6, 0.2, 0.7, 0.4)  # 2 % of the frame, 4 % of the zone
BORDER: Box = (0.45, 0.2, 0.55, 0.4)  # half of it in the zone
OUTSIDE: Box = (0.1, 0.2, 0.3, 0.4)


def region(box: Box, track_id: int = 7, since_s: float = 0.0, contour: float = 0.5) -> StillRegion:
    x1, y1, x2, y2 = box
    spots = tuple((x1 + (i + 0.5) * (x2 - x1) / 8, y1 + (j + 0.5) * (y2 - y1) / 8) for i in range(8) for j in range(8))
    return StillRegion(track_id, box, (x2 - x1) * (y2 - y1), spots, since_s, 0.0, 4, contour)


def observed(
    rule: LeftObject, film: Mapping[float, Iterable[StillRegion]], local_shift: timedelta = timedelta()
) -> dict[float, tuple[Violation, ...]]:
    judge = Judge((rule,), CAMERA)
    return {
        now_s: judge.observe(
            Stills(tuple(regions)).added_to(Tracks(CAMERA, now_s, (), (), ())),
            MONDAY + local_shift,
            regions=tuple(regions),
        )
        for now_s, regions in film.items()
    }


def opened(rule: LeftObject, film: Mapping[float, Iterable[StillRegion]]) -> float | None:
    return next(
        (now_s for now_s, found in observed(rule, film).items() if any(one.opened_s is not None for one in found)), None
    )


def film(box: Box, first_s: float = 2.0, last_s: float = 10.0, contour: float = 0.5) -> dict[float, list[StillRegion]]:
    """Two samples a second; the model is sure two seconds after it was put down at 0."""
    times = [index / 2 for index in range(24)]
    return {t: [region(box, contour=contour)] if first_s <= t <= last_s else [] for t in times}


@pytest.mark.parametrize(
    ("box", "second"), [(INSIDE, 3.0), (BORDER, 3.0), (OUTSIDE, None), ((0.6, 0.2, 0.65, 0.3), None)]
)
def test_the_part_of_it_in_the_zone_counts_since_it_was_put_down(box: Box, second: float | None) -> None:
    assert opened(RULE, film(box)) == second


def test_half_of_it_is_too_little_for_twice_the_area() -> None:
    assert opened(replace(RULE, area_min=0.03), film(INSIDE)) == 3.0
    assert opened(replace(RULE, area_min=0.03), film(BORDER)) is None


def test_it_is_one_violation_of_the_zone_with_every_object_that_has_dwelt() -> None:
    both = {t: [region(INSIDE, 7), region((0.75, 0.6, 0.85, 0.8), 8, since_s=4.0)] for t in (5.0, 5.5, 6.0, 6.5, 7.0)}
    found = observed(RULE, both)
    assert [len(violations) for violations in found.values()] == [1] * 5
    assert [track.track_id for track in found[6.0][0].tracks] == [7]
    assert sorted(track.track_id for track in found[7.0][0].tracks) == [7, 8]
    assert (found[7.0][0].first_s, found[7.0][0].opened_s) == (0.0, 5.0)


def test_two_that_come_one_after_the_other_do_not_add_up() -> None:
    one_by_one = {t: [region(INSIDE, 7)] for t in (1.0, 1.5, 2.0, 2.5)}
    one_by_one |= {t: [region(INSIDE, 8, since_s=2.5)] for t in (3.0, 3.5, 4.0, 4.5, 5.0, 5.5)}
    assert opened(RULE, one_by_one) == 5.5


def test_one_that_grows_is_measured_from_when_it_is_large_enough() -> None:
    grows = {t: [region((0.6, 0.2, 0.65, 0.3))] for t in (2.0, 2.5, 3.0, 3.5)}
    grows |= {t: [region(INSIDE)] for t in (4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0)}
    assert opened(RULE, grows) == 7.0


def test_what_may_have_been_taken_away_is_none() -> None:
    assert opened(RULE, film(INSIDE, contour=0.05)) is None


def test_permitted_places_and_masks_do_not_count() -> None:
    corner: Box = (0.82, 0.55, 0.98, 0.85)
    assert opened(RULE, film(corner)) == 3.0
    assert opened(replace(RULE, permitted=(PERMITTED,)), film(corner)) is None
    assert opened(replace(RULE, masks=(replace(PERMITTED, kind="mask"),)), film(corner)) is None
    elsewhere = replace(PERMITTED, cameras=("other",))
    assert opened(replace(RULE, permitted=(elsewhere,)), film(corner)) == 3.0


def test_outside_its_schedule_the_rule_rests_and_begins_to_count_with_it() -> None:
    weekdays = replace(RULE, schedule=Schedule(weekly=((ALL_DAY,),) * 5 + ((), ())))
    assert not any(observed(weekdays, film(INSIDE), timedelta(days=-1)).values())


def test_the_trace_says_how_much_how_sure_and_how_long() -> None:
    (violation,) = observed(RULE, film(INSIDE))[4.0]
    trace = {step.name: step for step in violation.trace}
    assert trace["area_in_zone"].value == pytest.approx(0.04)
    assert (trace["contour_contrast"].value, trace["dwell"].value) == (0.5, 4.0)
    assert all(step.holds for step in trace.values())
    assert violation.tracks[0].class_name == "object"


def test_every_condition_of_a_region_is_explained_and_of_a_track_that_it_is_no_object() -> None:
    judge = Judge((RULE,), CAMERA)
    small = region((0.6, 0.2, 0.65, 0.3))
    judge.observe(Stills((small,)).added_to(Tracks(CAMERA, 2.0, (), (), ())), MONDAY, regions=(small,))
    (one,) = judge.explain("goods")
    assert {step.name for step in one.conditions if not step.holds} == {"area_in_zone"}
    big = region(INSIDE)
    judge.observe(Stills((big,)).added_to(Tracks(CAMERA, 2.5, (), (), ())), MONDAY, regions=(big,))
    (one,) = judge.explain("goods")
    assert (one.state, {step.name for step in one.conditions if not step.holds}) == ("holding", {"dwell"})


def test_the_zone_has_one_incident_that_closes_when_all_is_gone() -> None:
    """A second object goes on with it; the first one taken away does not close it."""
    judge, register, phases = Judge((RULE,), CAMERA), Register(CAMERA), []
    for index in range(40):
        now_s = index / 2
        regions = [region(INSIDE, 7)] if 2 <= now_s <= 8 else []
        regions += [region((0.75, 0.6, 0.85, 0.8), 8, since_s=6.0)] if 8 <= now_s <= 14 else []
        tracks = Stills(tuple(regions)).added_to(Tracks(CAMERA, now_s, (), (), ()))
        violations = judge.observe(tracks, MONDAY, regions=regions)
        phases += [(now_s, change) for change in register.observe(violations, tracks, moment(now_s))]
    assert [(now_s, change.phase) for now_s, change in phases] == [(3.0, "open"), (16.0, "close")]
    assert phases[-1][1].incident.subjects_total == 2


GOOD = "id: goods, type: street.piled_material, kind: left_object, zone: frame, area_min: 0.01, dwell_s: 180"


def parse(fields: str, classes: tuple[str, ...] = ("person", "car")) -> LeftObject:
    (rule,) = parse_rules("rules.yaml", f"version: 1\nrules:\n  - {{{fields}}}\n", classes, "detector-14").rules
    assert isinstance(rule, LeftObject)
    return rule


def test_a_rule_says_an_area_and_a_dwell() -> None:
    rule = parse(GOOD)
    assert (rule.area_min, rule.dwell_s, rule.classes) == (0.01, 180.0, ("object",))
    assert rule.version != parse(GOOD.replace("0.01", "0.02")).version


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (GOOD.replace(", dwell_s: 180", ""), "dwell_s is missing: a rule of kind left_object needs it"),
        (GOOD.replace(", area_min: 0.01", ""), "area_min is missing: a rule of kind left_object needs it"),
        (GOOD.replace("0.01", "0"), "area_min: 0 does not do: a number from 0.0001 to 1 is wanted"),
        (GOOD.replace("0.01", "1.5"), "area_min: 1.5 does not do: a number from 0.0001 to 1 is wanted"),
        (GOOD + ", classes: [car]", "unknown key classes in rules"),
        (GOOD + ", min_score: 0.5", "unknown key min_score in rules"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(fields: str, message: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse(fields)
    assert str(caught.value).startswith(f"rules.yaml:3: {message}")


def test_a_model_that_finds_no_people_is_refused() -> None:
    with pytest.raises(RulesError, match=r"rules.yaml:3: kind left_object: the model package detector-14 has not got"):
        parse(GOOD, classes=("fire", "smoke"))


def test_a_zones_area_is_a_share_of_the_frame() -> None:
    rule = replace(RULE, place=Zone("triangle", ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))))
    assert rule.share_of_zone(region((0.0, 0.0, 0.1, 0.1)), CAMERA) == pytest.approx(0.02)
