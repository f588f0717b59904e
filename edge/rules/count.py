"""Kind `count`: at least so many tracks are in the zone for the dwell (a place over its capacity)."""

from dataclasses import dataclass
from typing import ClassVar

from edge.rules.dwell import Dwells, Sighting
from edge.rules.rule import Rule, Scope
from edge.rules.scene import Scene
from edge.rules.violation import Condition, Violation
from edge.rules.watch import Watch, in_zone
from edge.rules.zone import Zone
from edge.tracking.track import Track

WHOLE_ZONE = 0  # the one key of a zone's dwell


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Rule):
    kind: ClassVar[str] = "count"
    scope: ClassVar[Scope] = "zone"
    own_keys: ClassVar[tuple[str, ...]] = ("at_least", "dwell_s")

    place: Zone
    at_least: int
    dwell_s: float


class CountWatch(Watch):
    def __init__(self, rule: Count, camera_id: str) -> None:
        self._rule = rule
        self._camera_id = camera_id
        self._dwells = Dwells(rule, rule.dwell_s)

    def steps(self, track: Track, scene: Scene) -> tuple[Condition, ...]:
        many, least = len(self._counted(scene)), self._rule.at_least
        return (
            *in_zone(self._rule, self._rule.place, track, self._camera_id),
            Condition("count_in_zone", many, least, "tracks", many >= least),
        )

    def _counted(self, scene: Scene) -> tuple[Track, ...]:
        return tuple(
            track
            for track in scene.tracks.seen
            if self._rule.matches(track, self._camera_id) and self._rule.place.contains(track.box)
        )

    def observe(self, scene: Scene, gap_s: float, *, on_duty: bool) -> tuple[Violation, ...]:
        rule = self._rule
        counted = self._counted(scene) if on_duty else ()
        holding: dict[int, Sighting] = {}
        if len(counted) >= rule.at_least:
            step = Condition("count_in_zone", len(counted), rule.at_least, "tracks", holds=True)
            holding[WHOLE_ZONE] = Sighting(counted, (step,))
        return self._dwells.observe(holding, scene.now_s, gap_s)
