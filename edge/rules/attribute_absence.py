"""Kind `attribute_absence`: what should be worn on a part of the subject is not there (no helmet, no vest).

One picture decides nothing: a share of the newest detections of a track does, and of parts large enough to see.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, ClassVar

from edge.rules.body_part import RIDER_CLASS, BodyPart, Look, best_cover, part_box, side_px
from edge.rules.dwell import Dwells, Sighting
from edge.rules.rule import Rule, Scope
from edge.rules.scene import Parts, Scene
from edge.rules.violation import Attribute, Condition, Violation
from edge.rules.watch import Watch, anchor_in_zone, in_zone, of_class, with_score
from edge.rules.zone import Zone
from edge.tracking.track import Track, Tracks

COVER_MIN = 0.5
SHARE_MIN = 0.7
DETECTIONS_MIN = 8
DETECTIONS_KEPT = 24  # 2 to 5 seconds: a helmet put on or taken off shows within that
MIN_PART_PX = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeAbsence(Rule):
    """classes: the subject's alone. min_score: of the subject; a box of `absent` counts from the score on that its
    package believes it from (`absent_score_min`), one of `present` at any: doubt is for the subject.

    min_part_px: a part whose shorter side is less, in the decoded frame, is not judged.
    """

    kind: ClassVar[str] = "attribute_absence"
    scope: ClassVar[Scope] = "track"
    own_keys: ClassVar[tuple[str, ...]] = ("subject", "part", "present", "absent", "min_part_px", "dwell_s")

    place: Zone
    part: BodyPart
    present: str
    absent: str
    dwell_s: float
    absent_score_min: float = 0.0
    min_part_px: int = MIN_PART_PX

    @property
    def part_classes(self) -> frozenset[str]:
        rider = {RIDER_CLASS} if self.part == "rider" else set()
        return frozenset({self.present, self.absent} | rider)

    def own_parameters(self) -> dict[str, Any]:
        return {
            "part": self.part,
            "present": self.present,
            "absent": self.absent,
            "absent_score_min": self.absent_score_min,
            "min_part_px": self.min_part_px,
            "dwell_s": self.dwell_s,
            "cover_min": COVER_MIN,
            "share_min": SHARE_MIN,
            "detections_min": DETECTIONS_MIN,
            "detections_kept": DETECTIONS_KEPT,
        }


class AttributeAbsenceWatch(Watch):
    def __init__(self, rule: AttributeAbsence, camera_id: str) -> None:
        self._rule = rule
        self._camera_id = camera_id
        self._dwells = Dwells(rule, rule.dwell_s)
        self._looks: dict[int, deque[Look]] = {}

    def steps(self, track: Track, scene: Scene) -> tuple[Condition, ...]:
        part_px = side_px(part_box(self._rule.part, track.box), scene.parts)
        common = in_zone(self._rule, self._rule.place, track, self._camera_id)
        return (*common, *self._measured(part_px, self._looks.get(track.track_id, ())))

    def observe(self, scene: Scene, gap_s: float, *, on_duty: bool) -> tuple[Violation, ...]:
        rule, tracks = self._rule, scene.tracks
        self._forget(tracks)
        holding: dict[int, Sighting] = {}
        for track in tracks.seen:
            if not (on_duty and rule.matches(track, self._camera_id) and rule.place.contains(track.box)):
                continue
            part_px = side_px(part_box(rule.part, track.box), scene.parts)
            look = self._look(track, scene.parts) if part_px >= rule.min_part_px else None
            if look is None:
                continue
            looks = self._looks.setdefault(track.track_id, deque(maxlen=DETECTIONS_KEPT))
            looks.append(look)
            if len(looks) >= DETECTIONS_MIN and _share_absent(looks) >= SHARE_MIN:
                holding[track.track_id] = self._sighting(track, part_px, looks)
        return self._dwells.observe(holding, scene.now_s, gap_s)

    def attributes(self) -> Mapping[int, Attribute]:
        return {track_id: attribute(self._rule.present, looks) for track_id, looks in self._looks.items()}

    def _look(self, track: Track, parts: Parts) -> Look | None:
        """None when there is nobody to judge: a vehicle without a rider."""
        rule = self._rule
        part = part_box(rule.part, track.box)
        bare = best_cover(
            part, (one for one in parts.found if one.class_name == rule.absent and one.score >= rule.absent_score_min)
        )
        if bare >= COVER_MIN:
            return Look(bare=True, covered=0.0)
        covered = best_cover(part, (one for one in parts.found if one.class_name == rule.present))
        if rule.part == "rider" and covered < COVER_MIN:
            riders = (one for one in parts.found if one.class_name == RIDER_CLASS)
            if best_cover(part, riders) < COVER_MIN:
                return None
        return Look(bare=False, covered=covered)

    def _sighting(self, track: Track, part_px: int, looks: Sequence[Look]) -> Sighting:
        rule = self._rule
        common = (of_class(rule, track), with_score(rule, track), anchor_in_zone(rule.place, track))
        return Sighting((track,), (*common, *self._measured(part_px, looks)))

    def _measured(self, part_px: int, looks: Sequence[Look]) -> tuple[Condition, ...]:
        least = self._rule.min_part_px
        size = Condition("part_px", part_px, least, "px", part_px >= least)
        enough = Condition("detections_judged", len(looks), DETECTIONS_MIN, "detections", len(looks) >= DETECTIONS_MIN)
        if not looks:
            return size, enough
        share, covered = _share_absent(looks), median(look.covered for look in looks)
        return (
            size,
            Condition("part_covered", round(covered, 4), COVER_MIN, "share", covered < COVER_MIN),
            enough,
            Condition("absent_share", round(share, 4), SHARE_MIN, "share", share >= SHARE_MIN),
        )

    def _forget(self, tracks: Tracks) -> None:
        for track_id in tracks.ended:
            self._looks.pop(track_id, None)


def attribute(name: str, looks: Sequence[Look]) -> Attribute:
    """score: the share of the detections that say so; of the larger side where it is unclear."""
    share = _share_absent(looks)
    enough = len(looks) >= DETECTIONS_MIN
    if enough and share >= SHARE_MIN:
        return Attribute(name, "absent", share)
    if enough and 1 - share >= SHARE_MIN:
        return Attribute(name, "present", 1 - share)
    return Attribute(name, "unclear", max(share, 1 - share))


def _share_absent(looks: Sequence[Look]) -> float:
    return sum(look.covered < COVER_MIN for look in looks) / len(looks)
