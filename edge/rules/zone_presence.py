"""Kind `zone_presence`: a track's anchor is in the zone for the dwell. Intrusion with a short dwell, loitering with a
long one.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePresence(Rule):
    kind: ClassVar[str] = "zone_presence"
    scope: ClassVar[Scope] = "track"
    own_keys: ClassVar[tuple[str, ...]] = ("dwell_s",)

    place: Zone
    dwell_s: float


class ZonePresenceWatch(Watch):
    def __init__(self, rule: ZonePresence, camera_id: str) -> None:
        self._rule = rule
        self._camera_id = camera_id
        self._dwells = Dwells(rule, rule.dwell_s)

    def steps(self, track: Track, scene: Scene) -> tuple[Condition, ...]:
        del scene
        return in_zone(self._rule, self._rule.place, track, self._camera_id)

    def observe(self, scene: Scene, gap_s: float, *, on_duty: bool) -> tuple[Violation, ...]:
        rule, zone = self._rule, self._rule.place
        holding = {
            track.track_id: Sighting(
                (track,), (of_class(rule, track), with_score(rule, track), anchor_in_zone(zone, track))
            )
            for track in scene.tracks.seen
            if on_duty and rule.matches(track, self._camera_id) and zone.contains(track.box)
        }
        return self._dwells.observe(holding, scene.now_s, gap_s)
