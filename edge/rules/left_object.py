"""Kind `left_object`: something new stands still in the zone for the dwell, whatever it is (goods, rubbish, a stall).

A background model says what is new and still; people and vehicles are none of it. What was taken away is no object.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from edge.detection.verdict import CONTOUR_MIN
from edge.rules.dwell import Dwells, Sighting
from edge.rules.rule import Rule, Scope
from edge.rules.scene import Scene
from edge.rules.violation import Condition, Violation
from edge.rules.watch import Watch
from edge.rules.zone import Zone, area_of, point_in_polygon
from edge.tracking.still_region import OBJECT, Point, StillRegion
from edge.tracking.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftObject(Rule):
    """area_min: share of the zone's area that one object takes at least. What of the object is in the zone counts, not
    an anchor; what of it is in a permitted zone or behind a privacy mask does not.
    """

    kind: ClassVar[str] = "left_object"
    scope: ClassVar[Scope] = "zone"
    own_keys: ClassVar[tuple[str, ...]] = ("area_min", "dwell_s")
    looks_at_regions: ClassVar[bool] = True

    place: Zone
    area_min: float
    dwell_s: float
    classes: tuple[str, ...] = (OBJECT,)

    def own_parameters(self) -> dict[str, Any]:
        return {"area_min": self.area_min, "dwell_s": self.dwell_s, "contour_min": CONTOUR_MIN}

    def share_of_zone(self, region: StillRegion, camera_id: str) -> float:
        """How much of the zone the region takes, 0..1."""
        exempt = [zone for zone in (*self.permitted, *self.masks) if zone.belongs_to(camera_id)]
        counted = [spot for spot in region.spots if self._counts(spot, exempt)]
        return region.area * len(counted) / len(region.spots) / area_of(self.place.polygon)

    def _counts(self, spot: Point, exempt: Sequence[Zone]) -> bool:
        return point_in_polygon(spot, self.place.polygon) and not any(
            point_in_polygon(spot, zone.polygon) for zone in exempt
        )


class LeftObjectWatch(Watch):
    def __init__(self, rule: LeftObject, camera_id: str) -> None:
        self._rule = rule
        self._camera_id = camera_id
        self._dwells = Dwells(rule, rule.dwell_s)
        self._known: frozenset[int] = frozenset()
        self._dwelt: dict[int, Condition] = {}

    def steps(self, track: Track, scene: Scene) -> tuple[Condition, ...]:
        is_object = Condition("class", track.class_name, OBJECT, "name", track.class_name == OBJECT)
        region = next((one for one in scene.regions if one.track_id == track.track_id), None)
        if region is None:
            return (is_object,)
        dwelt = (self._dwelt[track.track_id],) if track.track_id in self._dwelt else ()
        return (is_object, *self._measured(region), *dwelt)

    def observe(self, scene: Scene, gap_s: float, *, on_duty: bool) -> tuple[Violation, ...]:
        """One violation for the zone, of every object that has dwelt; while there is none yet, of those that may."""
        holding: dict[int, Sighting] = {}
        for region in scene.regions if on_duty else ():
            measured = self._measured(region)
            if all(step.holds for step in measured):
                # It lay there before the model was sure of it; but a rule that knew it and did not hold begins now.
                since_s = None if region.track_id in self._known else region.since_s
                holding[region.track_id] = Sighting((region.as_track(scene.now_s),), measured, since_s)
        self._known = frozenset(region.track_id for region in scene.regions) if on_duty else self._known
        told = self._dwells.observe(holding, scene.now_s, gap_s)
        self._dwelt = {violation.tracks[0].track_id: violation.trace[-1] for violation in told}
        return _of_the_zone(told)

    def _measured(self, region: StillRegion) -> tuple[Condition, ...]:
        area, least = self._rule.share_of_zone(region, self._camera_id), self._rule.area_min
        return (
            Condition("area_in_zone", round(area, 4), least, "share", area >= least),
            Condition(
                "contour_contrast", round(region.contour, 4), CONTOUR_MIN, "ratio", region.contour >= CONTOUR_MIN
            ),
        )


def _of_the_zone(told: Sequence[Violation]) -> tuple[Violation, ...]:
    opened = [violation for violation in told if violation.opened_s is not None]
    own = opened or told
    if not own:
        return ()
    first = min(own, key=lambda violation: violation.first_s)
    return (
        replace(
            first,
            tracks=tuple(track for violation in own for track in violation.tracks),
            last_s=max(violation.last_s for violation in own),
            opened_s=min((one.opened_s for one in opened if one.opened_s is not None), default=None),
        ),
    )
