"""The acts of a scene: which of its rules are broken, by whom, from when to when. Stream seconds, ground metres."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from models.synthetic.actor import GOODS
from models.synthetic.rule_words import GroundLine, RuleWords
from models.synthetic.scenario import Scenario
from models.synthetic.truth import Course, Flags, within
from models.synthetic.view import View, cut_to_picture

OUT_OF_SIGHT_S_MAX = 3.0  # who comes back later is somebody new to every tracker, so a new act
EPSILON_S = 1e-6
ZONE_KINDS = frozenset({"count", "presence", "left_object"})


@dataclass(frozen=True, slots=True)
class Act:
    """first_seen: the rule's conditions first held; opened: they had held for the dwell, None if they never did;
    ended: they last held. subjects: actor ids.
    """

    rule: RuleWords
    subjects: tuple[str, ...]
    first_seen_s: float
    opened_s: float | None
    ended_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """All that acts are judged by. times: (T,) stream seconds; size: of the picture in pixels."""

    scenario: Scenario
    view: View
    times: Sequence[float]
    courses: Sequence[Course]
    size: tuple[int, int]

    def in_place(self, rule: RuleWords, course: Course) -> Flags:
        """In the rule's zone and in none that exempts; everywhere in the picture for `frame`."""
        zones = self.scenario.zones
        inside = course.seen.copy() if rule.place == "frame" else within(course.places, zones[rule.place].polygon)
        for name in rule.permitted:
            inside &= ~within(course.places, zones[name].polygon)
        return inside

    def zone_area(self, place: str) -> float:
        """Of the zone as the picture shows it, a share of the picture (by Gauss's shoelace)."""
        if place == "frame":
            return 1.0
        x, y = cut_to_picture(self.view.ground(np.array(self.scenario.zones[place].polygon))).T
        return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)

    def subjects(self, rule: RuleWords) -> list[Course]:
        if rule.kind == "left_object":
            return [course for course in self.courses if course.actor.kind in GOODS]
        return [course for course in self.courses if course.class_name in rule.classes]


def acts(stage: Stage) -> list[Act]:
    """Of all rules, in the order in which they began; those whose dwell was never done among them."""
    found = [act for rule in stage.scenario.rules for act in _of_rule(stage, rule)]
    return sorted(found, key=lambda act: (act.first_seen_s, act.rule.rule_id, act.subjects))


def _of_rule(stage: Stage, rule: RuleWords) -> list[Act]:
    subjects = stage.subjects(rule)
    if rule.kind == "line_crossing":
        line = stage.scenario.lines[rule.place]
        return [act for course in subjects for act in _crossings(stage, rule, line, course)]
    if rule.kind in ZONE_KINDS:
        if not subjects:
            return []
        holding = np.array([_holds(stage, rule, course) for course in subjects])
        together = holding.sum(axis=0) >= (rule.at_least if rule.kind == "count" else 1)
        names = [course.actor.actor_id for course in subjects]
        whole = [_act(stage, rule, span, names, holding) for span in _spans(stage, rule, together)]
        return _merged(rule, whole, None)
    found: list[Act] = []
    for course in subjects:
        holds = _holds(stage, rule, course)
        alone = [_act(stage, rule, span, [course.actor.actor_id], holds[None]) for span in _spans(stage, rule, holds)]
        found += _merged(rule, alone, _absences(stage, course))
    return found


def _holds(stage: Stage, rule: RuleWords, course: Course) -> Flags:
    """(T,) do the rule's conditions hold for this one?"""
    inside = stage.in_place(rule, course)
    match rule.kind:
        case "stationary":
            return inside & course.resting
        case "attribute_absence":
            bare = course.bare_torso if rule.part == "torso" else course.bare_head
            return inside & bare & _part_is_large(stage, rule, course) & (course.actor.rider or rule.part != "rider")
        case "left_object":
            wide, high = course.boxes[:, 2] - course.boxes[:, 0], course.boxes[:, 3] - course.boxes[:, 1]
            large = np.nan_to_num(wide * high) >= rule.area_min * stage.zone_area(rule.place)
            return inside & course.resting & _was_carried(stage, course) & large
    return inside


def _was_carried(stage: Stage, course: Course) -> Flags:
    return np.array([any(carry.to_s <= t_s for carry in course.actor.carried) for t_s in stage.times])


def _part_is_large(stage: Stage, rule: RuleWords, course: Course) -> Flags:
    """Is the part's shorter side at least `min_part_px`? A head is a quarter of who has it, a torso half, a rider
    twice the vehicle's height as far as the picture goes.
    """
    wide = (course.boxes[:, 2] - course.boxes[:, 0]) * stage.size[0]
    high = course.boxes[:, 3] - course.boxes[:, 1]
    share = {"head": 0.25, "torso": 0.5, "rider": 2.0}[rule.part]
    tall = np.minimum(high * share, course.boxes[:, 3] if rule.part == "rider" else np.inf) * stage.size[1]
    large: Flags = np.nan_to_num(np.minimum(wide, tall)) >= rule.part_px(stage.size[0])
    return large


def _spans(stage: Stage, rule: RuleWords, holds: Flags) -> list[tuple[int, int]]:
    """First and last index of each time the conditions hold; short failures do not end it."""
    interval_s = stage.times[1] - stage.times[0] if len(stage.times) > 1 else 0.0
    gap_s = max(rule.gap_s, 1.5 * interval_s) + EPSILON_S
    indices = np.flatnonzero(holds)
    spans: list[tuple[int, int]] = []
    for index in indices.tolist():
        if spans and stage.times[index] - stage.times[spans[-1][1]] <= gap_s:
            spans[-1] = (spans[-1][0], index)
        else:
            spans.append((index, index))
    return spans


def _act(stage: Stage, rule: RuleWords, span: tuple[int, int], names: list[str], holding: Flags) -> Act:
    first, last = span
    first_s = stage.times[first]
    done = [i for i in range(first, last + 1) if stage.times[i] - first_s >= rule.dwell_s - EPSILON_S]
    opened = next((i for i in done if holding[:, i].any()), None)
    there = np.flatnonzero(holding[:, first : last + 1].sum(axis=1)).tolist()
    subjects = tuple(names[index] for index in there)
    return Act(rule, subjects, first_s, None if opened is None else stage.times[opened], stage.times[last])


def _merged(rule: RuleWords, spans: list[Act], absences: list[tuple[float, float]] | None) -> list[Act]:
    """A finding goes on with the one before it within the cool-down, unless its subject was away between.

    absences: when the subject was out of the picture for long; None for a zone as a whole.
    """
    found: list[Act] = []
    for act in spans:
        before = next((one for one in reversed(found) if one.opened_s is not None), None)
        if (
            act.opened_s is not None
            and before is not None
            and act.first_seen_s - before.ended_s < rule.cool_down_s - EPSILON_S
            and not any(before.ended_s <= start and end <= act.first_seen_s for start, end in absences or ())
        ):
            subjects = tuple(dict.fromkeys((*before.subjects, *act.subjects)))
            found[found.index(before)] = replace(before, subjects=subjects, ended_s=act.ended_s)
        else:
            found.append(act)
    return found


def _absences(stage: Stage, course: Course) -> list[tuple[float, float]]:
    seen = [stage.times[index] for index in np.flatnonzero(course.seen).tolist()]
    return [(before, after) for before, after in pairwise(seen) if after - before > OUT_OF_SIGHT_S_MAX]


def _crossings(stage: Stage, rule: RuleWords, line: GroundLine, course: Course) -> list[Act]:
    """Each step of the course that leads over the line, between its ends, the forbidden way."""
    (ax, az), (bx, bz) = line.ends
    along, length = np.array([bx - ax, bz - az]), float(np.hypot(bx - ax, bz - az))
    offset = course.places - np.array([ax, az])
    side = (offset[:, 0] * along[1] - offset[:, 1] * along[0]) / length
    share = offset @ along / length**2
    found = []
    seen = np.flatnonzero(course.seen).tolist()
    for before, after in pairwise(seen):
        if (side[before] > 0) == (side[after] > 0) or stage.times[after] - stage.times[before] > OUT_OF_SIGHT_S_MAX:
            continue
        part = side[before] / (side[before] - side[after])
        where = share[before] + part * (share[after] - share[before])
        if 0 <= where <= 1 and _breaks(line, course.places[after] - course.places[before]):
            moment_s = stage.times[after]
            found.append(Act(rule, (course.actor.actor_id,), moment_s, moment_s, moment_s))
    return found


def _breaks(line: GroundLine, step: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bool:
    """Away from the camera is up in the picture."""
    x, z = float(step[0]), float(step[1])
    return {"up": z > 0, "down": z < 0, "left": x < 0, "right": x > 0, "either": True}[line.direction]
