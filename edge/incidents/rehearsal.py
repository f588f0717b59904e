"""Plays a scenario to the rules and compares the incidents with those expected.

The rules, the register and, where the scenario wants it, the tracker are the box's own; only the camera and the
detector are not there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import count

import numpy as np

from edge.clock import ClockQuality, Moment
from edge.incidents.incident import Incident
from edge.incidents.register import Register
from edge.incidents.scenario import FORGOTTEN_S, ROUNDING_S, Actor, Expected, Scenario, WayPoint
from edge.rules.explanation import Explanation
from edge.rules.judge import Judge
from edge.rules.parts import parts_of
from edge.rules.rule_set import RuleSet
from edge.tracking.still_region import OBJECT, StillRegion
from edge.tracking.stillness import Stills
from edge.tracking.track import Track, Tracks
from edge.tracking.tracker import Tracker
from models.detector.detections import Detections

SPOTS_ACROSS = 4  # and down: points of a region that say how much of it is in a zone


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """got: closed incidents in order of opening. difference: the first one, explained; empty when there is none."""

    scenario: Scenario
    got: tuple[Expected, ...]
    difference: str

    @property
    def passed(self) -> bool:
        return not self.difference


def rehearse(scenario: Scenario, rules: RuleSet, class_names: tuple[str, ...]) -> Rehearsal:
    """class_names: what the detector can find."""
    incidents = sorted(Stage(scenario, rules, class_names).play(), key=lambda one: one.opened.stream_s)
    missing, unexpected = _unmatched(scenario, incidents)
    if missing is not None:
        rows = Stage(scenario, rules, class_names).look(missing.rule_id, missing.opened_s)
        seen = "\n".join(rows) or "no track was there"
        difference = (
            f"no incident of {place_text(missing)} opened at {missing.opened_s:g} s; what the rule saw:\n{seen}"
        )
    elif unexpected is not None:
        trace = ", ".join(f"{step.name} {step.value} ({step.threshold})" for step in unexpected.trace)
        difference = f"{incident_text(told(unexpected))} was not expected: {trace}"
    else:
        difference = next(_differences(scenario, incidents), "")
    return Rehearsal(scenario, tuple(told(incident) for incident in incidents), difference)


def told(incident: Incident) -> Expected:
    """An incident in the words of a scenario."""
    assert incident.closed is not None
    assert incident.close_reason is not None
    return Expected(
        rule_id=incident.rule.rule_id,
        place_id=incident.place_id,
        type_id=incident.rule.type_id,
        opened_s=round(incident.opened.stream_s, 6),
        closed_s=round(incident.closed.stream_s, 6),
        subjects=tuple(sorted(subject.track_id for subject in incident.subjects)),
        close_reason=incident.close_reason,
        first_seen_s=round(incident.first_seen.stream_s, 6),
        last_seen_s=round(incident.last_seen.stream_s, 6),
        attributes={
            subject.track_id: {attribute.name: attribute.state for attribute in subject.attributes}
            for subject in incident.subjects
            if subject.attributes
        },
    )


def place_text(one: Expected) -> str:
    return f"{one.rule_id}@{one.place_id}"


def incident_text(one: Expected) -> str:
    """In one word of a table: `intrusion@yard 3-69 s #1 #2`, with the reason where it is not the usual one."""
    subjects = "".join(f" #{track_id}" for track_id in one.subjects)
    reason = "" if one.close_reason == "ended" else f" {one.close_reason}"
    return f"{place_text(one)} {one.opened_s:g}-{one.closed_s:g} s{subjects}{reason}"


def _pairs(scenario: Scenario, incidents: Sequence[Incident]) -> list[tuple[Expected, Incident | None]]:
    """Each expected incident with the one of its rule that opened nearest to it in time, each at most once."""
    left = list(incidents)
    pairs: list[tuple[Expected, Incident | None]] = []
    for expected in sorted(scenario.expected, key=lambda one: one.opened_s):
        same = [one for one in left if (one.rule.rule_id, one.place_id) == (expected.rule_id, expected.place_id)]
        nearest = min(same, key=lambda one: abs(one.opened.stream_s - expected.opened_s), default=None)
        if nearest is not None:
            left.remove(nearest)
        pairs.append((expected, nearest))
    return pairs


def _unmatched(scenario: Scenario, incidents: Sequence[Incident]) -> tuple[Expected | None, Incident | None]:
    """The first expected one that is missing, and the first one that nobody expected."""
    pairs = _pairs(scenario, incidents)
    met = [id(incident) for _, incident in pairs]
    return (
        next((expected for expected, incident in pairs if incident is None), None),
        next((incident for incident in incidents if id(incident) not in met), None),
    )


def _differences(scenario: Scenario, incidents: Sequence[Incident]) -> Iterator[str]:
    """Of incidents that are there, but are not as they should be."""
    for expected, incident in _pairs(scenario, incidents):
        if incident is None:
            continue
        got = told(incident)
        where = f"{place_text(expected)} at {expected.opened_s:g} s"
        for name, wanted, measured in (
            ("opened", expected.opened_s, got.opened_s),
            ("first seen", expected.first_seen_s, got.first_seen_s),
            ("last seen", expected.last_seen_s, got.last_seen_s),
            ("closed", expected.closed_s, got.closed_s),
        ):
            if wanted is None or measured is None:
                continue
            if abs(wanted - measured) > scenario.tolerance_s + ROUNDING_S:
                yield f"{where}: {name} at {measured:g} s, expected {wanted:g} s"
        if got.close_reason != expected.close_reason:
            yield f"{where}: closed as {got.close_reason}, expected {expected.close_reason}"
        if got.subjects != expected.subjects:
            yield f"{where}: subjects {list(got.subjects)}, expected {list(expected.subjects)}"
        for track_id, wanted_states in expected.attributes.items():
            states = dict(got.attributes.get(track_id, {}))
            if any(states.get(name) != state for name, state in wanted_states.items()):
                yield f"{where}: track {track_id} has {states or 'no attributes'}, expected {dict(wanted_states)}"


class Stage:
    """One camera with rules and a register, frame by frame. Played once."""

    def __init__(self, scenario: Scenario, rules: RuleSet, class_names: tuple[str, ...]) -> None:
        self._scenario = scenario
        self._class_names = class_names
        tested = [rule for rule in rules.for_camera(scenario.camera_id) if scenario.rule_id in (None, rule.rule_id)]
        numbers = count(1)
        self._judge = Judge(tested, scenario.camera_id)
        self._register = Register(scenario.camera_id, new_id=lambda _: str(next(numbers)))
        self._tracker = Tracker(scenario.camera_id)
        self._told: dict[int, Track] = {}
        self._movers = [actor for actor in scenario.actors if actor.class_name != OBJECT]
        self._objects = [actor for actor in scenario.actors if actor.class_name == OBJECT]
        self._left: tuple[StillRegion, ...] = ()

    def play(self) -> list[Incident]:
        """Every incident, closed at the latest with the last frame."""
        closed: list[Incident] = []
        t_s = 0.0
        for t_s in self._scenario.times_s():
            closed += self.step(t_s)
        changes = self._register.finish(t_s, self._moment(t_s), self._scenario.ends)
        return [*closed, *(change.incident for change in changes)]

    def look(self, rule_id: str, at_s: float) -> list[str]:
        """How the rule sees each track in the first frame from `at_s` on, one line each."""
        for t_s in self._scenario.times_s():
            self.step(t_s)
            if t_s >= at_s - ROUNDING_S:
                break
        return [one.row() for one in self.explain(rule_id)]

    def explain(self, rule_id: str) -> tuple[Explanation, ...]:
        """How the rule sees each track of the newest frame."""
        return self._judge.explain(rule_id)

    def step(self, t_s: float) -> list[Incident]:
        """One frame; what was closed in it."""
        scenario, moment = self._scenario, self._moment(t_s)
        detections, stills = self._detections(t_s), self._stills(t_s)
        moving = self._tracker.update(detections, t_s) if scenario.through == "tracker" else self._tracks(t_s)
        tracks = stills.added_to(moving)
        parts = parts_of(detections, self._judge.part_classes, scenario.width_px, scenario.height_px)
        violations = self._judge.observe(tracks, moment.wall, parts, stills.now)
        changes = self._register.observe(violations, tracks, moment)
        return [change.incident for change in changes if change.phase == "close"]

    def _moment(self, t_s: float) -> Moment:
        wall = self._scenario.start.replace(tzinfo=UTC) + timedelta(seconds=t_s)
        return Moment(wall, round(t_s * 1000), "rehearsal", ClockQuality("synced"))

    def _detections(self, t_s: float) -> Detections:
        found = []
        for actor in self._movers:
            place = actor.place_at(t_s)
            if place is None:
                continue
            if actor.seen_at(t_s):
                found.append((actor.class_name, actor.score_at(t_s), place.box))
            worn = (one for one in actor.worn if one.span.covers(t_s))
            found += [(one.class_name, one.score, one.box_on(place.box)) for one in worn]
        if not found:
            return Detections.none(self._class_names)
        return Detections(
            np.array([box for *_, box in found], np.float32),
            np.array([score for _, score, _ in found], np.float32),
            np.array([self._class_names.index(name) for name, *_ in found], np.int64),
            self._class_names,
        )

    def _stills(self, t_s: float) -> Stills:
        """What a background model would say that never errs."""
        now = tuple(_region(actor, place, t_s) for actor in self._objects if (place := actor.place_at(t_s)))
        here = {region.track_id for region in now}
        ended = tuple(region.track_id for region in self._left if region.track_id not in here)
        self._left = now
        return Stills(now, ended)

    def _tracks(self, t_s: float) -> Tracks:
        """What a tracker would say that never errs."""
        seen: list[Track] = []
        lost: list[Track] = []
        ended: list[int] = []
        for actor in self._movers:
            before = self._told.get(actor.track_id)
            if actor.seen_at(t_s):
                self._told[actor.track_id] = track = _seen(actor, t_s, before)
                seen.append(track)
            elif before is not None and t_s - before.last_s > FORGOTTEN_S + ROUNDING_S:
                ended.append(actor.track_id)
                del self._told[actor.track_id]
            elif before is not None:
                lost.append(_lost(actor, t_s, before))
        return Tracks(self._scenario.camera_id, t_s, tuple(seen), tuple(lost), tuple(ended))


def _region(actor: Actor, place: WayPoint, t_s: float) -> StillRegion:
    x1, y1, _, _ = place.box
    spots = tuple(
        (x1 + place.width * (column + 0.5) / SPOTS_ACROSS, y1 + place.height * (row + 0.5) / SPOTS_ACROSS)
        for row in range(SPOTS_ACROSS)
        for column in range(SPOTS_ACROSS)
    )
    since_s, contour = actor.way[0].t_s, actor.score_at(t_s)
    return StillRegion(actor.track_id, place.box, place.width * place.height, spots, since_s, t_s, 1, contour)


def _seen(actor: Actor, t_s: float, before: Track | None) -> Track:
    place = actor.place_at(t_s)
    assert place is not None
    first_s, frames = (before.first_s, before.frames) if before else (t_s, 0)
    score = actor.score_at(t_s)
    return Track(actor.track_id, actor.class_name, score, place.box, place.box, first_s, t_s, t_s, frames + 1)


def _lost(actor: Actor, t_s: float, before: Track) -> Track:
    """It is expected where it really is; after the end of its way, where it was."""
    place = actor.place_at(t_s)
    predicted = place.box if place else before.box
    return Track(
        before.track_id, before.class_name, before.score, before.box, predicted, before.first_s, before.last_s, t_s,
        before.frames,
    )  # fmt: skip
