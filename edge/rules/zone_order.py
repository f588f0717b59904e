"""Kind `zone_order`: a track goes through zones in the order that breaks the rule (in through the exit).

A zone is visited when the anchor is inside it by more than the detector's jitter, so somebody who stands on a border
visits nothing. The zones count in the order in which the track first came into them: whoever steps from the yard into
the exit and back again has not come in through it.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

from edge.rules.dwell import ROUNDING_S
from edge.rules.line_crossing import jitter_of
from edge.rules.rule import PlaceKey, Rule, Scope
from edge.rules.scene import Scene
from edge.rules.violation import Condition, Violation
from edge.rules.watch import Watch, not_exempt, of_class, with_score
from edge.rules.zone import Zone, anchor_of, distance_to_edges
from edge.tracking.track import Track

WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneOrder(Rule):
    """zones: at least two; the place is the last one. within_s: the next zone is reached at most so long after the one
    before was last visited; visits that are older are forgotten.
    """

    kind: ClassVar[str] = "zone_order"
    scope: ClassVar[Scope] = "crossing"
    own_keys: ClassVar[tuple[str, ...]] = ("within_s",)
    place_key: ClassVar[PlaceKey] = "zones"

    place: Zone
    zones: tuple[Zone, ...]
    within_s: float = WITHIN_S

    @property
    def order(self) -> str:
        return " > ".join(zone.zone_id for zone in self.zones)

    def own_parameters(self) -> dict[str, Any]:
        return {"zones": [zone.zone_id for zone in self.zones], "within_s": self.within_s}

    def canonical(self) -> dict[str, Any]:
        return Rule.canonical(self) | {"zones": [zone.canonical() for zone in self.zones]}


@dataclass(frozen=True, slots=True)
class Visit:
    """zone: its number in the order. Stream seconds of the first and the last sighting in it."""

    zone: int
    first_s: float
    last_s: float


class ZoneOrderWatch(Watch):
    def __init__(self, rule: ZoneOrder, camera_id: str) -> None:
        self._rule = rule
        self._camera_id = camera_id
        self._here = all(zone.belongs_to(camera_id) for zone in rule.zones)
        self._visits: dict[int, tuple[Visit, ...]] = {}  # by track, in the order of the first sightings

    def steps(self, track: Track, scene: Scene) -> tuple[Condition, ...]:
        del scene
        return (
            of_class(self._rule, track),
            with_score(self._rule, track),
            not_exempt(self._rule, track, self._camera_id),
            self._in_order(self._visits.get(track.track_id, ())),
        )

    def observe(self, scene: Scene, gap_s: float, *, on_duty: bool) -> tuple[Violation, ...]:
        """The order is complete in a moment: `gap_s` means nothing here."""
        del gap_s
        violations = []
        for track in scene.tracks.seen if self._here else ():
            visits = self._visited(track, scene.now_s)
            if self._in_order(visits).holds:
                self._visits[track.track_id] = visits[-1:]
                if on_duty and self._rule.matches(track, self._camera_id):
                    violations.append(self._violation(track, visits, scene.now_s))
            elif visits:
                self._visits[track.track_id] = visits
            else:
                self._visits.pop(track.track_id, None)
        for track_id in scene.tracks.ended:
            self._visits.pop(track_id, None)
        return tuple(violations)

    def _visited(self, track: Track, now_s: float) -> tuple[Visit, ...]:
        oldest_s = now_s - self._rule.within_s - ROUNDING_S
        known = {visit.zone: visit for visit in self._visits.get(track.track_id, ()) if visit.last_s >= oldest_s}
        for number, zone in enumerate(self._rule.zones):
            if zone.contains(track.box) and self._clear(zone, track):
                known[number] = replace(known.get(number, Visit(number, now_s, now_s)), last_s=now_s)
        return tuple(known.values())

    def _clear(self, zone: Zone, track: Track) -> bool:
        return distance_to_edges(anchor_of(track.box, zone.anchor), zone.polygon) > jitter_of(track.box)

    def _in_order(self, visits: tuple[Visit, ...]) -> Condition:
        names = " > ".join(self._rule.zones[visit.zone].zone_id for visit in visits)
        complete = [visit.zone for visit in visits] == list(range(len(self._rule.zones)))
        return Condition("zones_in_order", names, self._rule.order, "", complete)

    def _violation(self, track: Track, visits: tuple[Visit, ...], now_s: float) -> Violation:
        longest_s = max(after.first_s - before.last_s for before, after in pairwise(visits))
        trace = (
            of_class(self._rule, track),
            with_score(self._rule, track),
            self._in_order(visits),
            Condition("longest_way", round(max(longest_s, 0.0), 3), self._rule.within_s, "s", holds=True),
        )
        return Violation(self._rule, (track,), now_s, now_s, now_s, trace)
