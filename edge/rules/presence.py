"""Kind `presence`: something of a class is in the zone for the dwell, whichever track it is (fire flickers, and so do
its tracks).
"""

from dataclasses import dataclass
from typing import ClassVar

from edge.rules.dwell import Dwells, Sighting
from edge.rules.rule import Rule, Scope
from edge.rules.scene import Scene
from edge.rules.violation import Condition, Violation
from edge.rules.watch import Watch, anchor_in_zone, in_zone, of_class, with_score
from edge.rules.zone import Zone
from edge.tracking.track import Track

MIN_SCORE = 0.25  # no single track has to last, so faint and fleeting sightings would add up to a dwell
WHOLE_ZONE = 0  # the one key of a zone's dwell


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence(Rule):
    kind: ClassVar[str] = "presence"
    scope: ClassVar[Scope] = "zone"
    own_keys: ClassVar[tuple[str, ...]] = ("dwell_s",)

    place: Zone
    dwell_s: float
    min_score: float = MIN_SCORE


class PresenceWatch(Watch):
    def __init__(self, rule: Presence, camera_id: str) -> None:
        self._rule = rule
        self._camera_id = camera_id
        self._dwells = Dwells(rule, rule.dwell_s)

    def steps(self, track: Track, scene: Scene) -> tuple[Condition, ...]:
        del scene
        return in_zone(self._rule, self._rule.place, track, self._camera_id)

    def observe(self, scene: Scene, gap_s: float, *, on_duty: bool) -> tuple[Violation, ...]:
        rule, zone = self._rule, self._rule.place
        present = tuple(
            track
            for track in scene.tracks.seen
            if on_duty and rule.matches(track, self._camera_id) and zone.contains(track.box)
        )
        holding: dict[int, Sighting] = {}
        if present:
            best = max(present, key=lambda track: track.score)
            steps = (of_class(rule, best), with_score(rule, best), anchor_in_zone(zone, best))
            holding[WHOLE_ZONE] = Sighting(present, steps)
        return self._dwells.observe(holding, scene.now_s, gap_s)
