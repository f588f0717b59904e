"""Kind `stationary`: a track stands still in the zone for the dwell (a parked vehicle).

Still means: its box overlaps the box it had when it came to rest. That box stays the measure for the whole dwell, so a
detector's jitter is forgiven (it does not add up) and creeping is not (it does).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from edge.rules.dwell import Dwells, Sighting
from edge.rules.overlap import overlap
from edge.rules.rule import Rule, Scope
from edge.rules.scene import Scene
from edge.rules.violation import Condition, Violation
from edge.rules.watch import Watch, anchor_in_zone, in_zone, of_class, with_score
from edge.rules.zone import Zone
from edge.tracking.track import Box, Track

STILL_IOU_MIN = 0.7  # a mover leaves this behind within a third of its own length; detector jitter stays above it


@dataclass(frozen=True, slots=True, kw_only=True)
class Stationary(Rule):
    kind: ClassVar[str] = "stationary"
    scope: ClassVar[Scope] = "track"
    own_keys: ClassVar[tuple[str, ...]] = ("dwell_s",)

    place: Zone
    dwell_s: float

    def own_parameters(self) -> dict[str, Any]:
        return {"dwell_s": self.dwell_s, "still_iou_min": STILL_IOU_MIN}


class StationaryWatch(Watch):
    def __init__(self, rule: Stationary, camera_id: str) -> None:
        self._rule = rule
        self._camera_id = camera_id
        self._dwells = Dwells(rule, rule.dwell_s)
        self._rest_boxes: dict[int, Box] = {}  # where each track came to rest

    def steps(self, track: Track, scene: Scene) -> tuple[Condition, ...]:
        del scene
        stillness = overlap(track.box, self._rest_boxes.get(track.track_id, track.box))
        return (
            *in_zone(self._rule, self._rule.place, track, self._camera_id),
            Condition("stillness", round(stillness, 4), STILL_IOU_MIN, "IoU", stillness >= STILL_IOU_MIN),
        )

    def observe(self, scene: Scene, gap_s: float, *, on_duty: bool) -> tuple[Violation, ...]:
        holding: dict[int, Sighting] = {}
        rest_boxes: dict[int, Box] = {}
        for track in scene.tracks.seen:
            if not (on_duty and self._rule.matches(track, self._camera_id) and self._rule.place.contains(track.box)):
                continue
            goes_on = self._dwells.lives(track.track_id, scene.now_s, gap_s)
            rest_box = self._rest_boxes.get(track.track_id, track.box) if goes_on else track.box
            stillness = overlap(track.box, rest_box)
            rest_boxes[track.track_id] = rest_box
            if stillness >= STILL_IOU_MIN:
                holding[track.track_id] = self._sighting(track, stillness)
        violations = self._dwells.observe(holding, scene.now_s, gap_s)
        remembered = {track.track_id for violation in violations for track in violation.tracks}
        self._rest_boxes = {key: box for key, box in (self._rest_boxes | rest_boxes).items() if key in remembered}
        return violations

    def _sighting(self, track: Track, stillness: float) -> Sighting:
        return Sighting(
            (track,),
            (
                of_class(self._rule, track),
                with_score(self._rule, track),
                anchor_in_zone(self._rule.place, track),
                Condition("stillness", round(stillness, 4), STILL_IOU_MIN, "IoU", stillness >= STILL_IOU_MIN),
            ),
        )
