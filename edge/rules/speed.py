"""Kind `speed`: a track moves faster over the ground than it may, for the dwell, inside a zone of known size.

Speed is the way over the ground between two sightings about a second apart, by their time. The detector's jitter makes
it uncertain, most where the ground is far away, and so does the scale that somebody measured: it has to exceed the
limit by both.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Any, ClassVar

from edge.rules.dwell import ROUNDING_S, Dwells, Sighting
from edge.rules.ground import Ground
from edge.rules.rule import Rule, Scope
from edge.rules.scene import Scene
from edge.rules.violation import Condition, Violation
from edge.rules.watch import Watch, anchor_in_zone, in_zone, of_class, with_score
from edge.rules.zone import Point, Zone, anchor_of
from edge.tracking.track import Track

AVERAGED_S = 1.0
KEPT_S = 2.0 * AVERAGED_S  # older sightings say nothing of the speed now
KEPT = 64  # at any rate of sampling
JITTER = 0.02  # of the box's height: how far a detector sets the anchor off
SCALE_OFF = 0.05  # of the speed: how far the zone's corners and metres may be from the ground
KMH = 3.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed(Rule):
    """over_kmh: the limit. The zone's `metres` give the scale; only inside it is the ground known."""

    kind: ClassVar[str] = "speed"
    scope: ClassVar[Scope] = "track"
    own_keys: ClassVar[tuple[str, ...]] = ("over_kmh", "dwell_s")

    place: Zone
    over_kmh: float
    dwell_s: float

    def own_parameters(self) -> dict[str, Any]:
        return {
            "over_kmh": self.over_kmh,
            "dwell_s": self.dwell_s,
            "averaged_s": AVERAGED_S,
            "jitter": JITTER,
            "scale_off": SCALE_OFF,
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """kmh: over the ground. tolerance_kmh: how far it may be off. over_s: the time between the two sightings."""

    kmh: float
    tolerance_kmh: float
    over_s: float


@dataclass(frozen=True, slots=True)
class _Fix:
    """at: metres on the ground. off_m: how far the detector's jitter may have moved it."""

    now_s: float
    at: Point
    off_m: float


class SpeedWatch(Watch):
    def __init__(self, rule: Speed, camera_id: str) -> None:
        assert rule.place.metres is not None, "a rule of speed is read with its scale"
        self._rule = rule
        self._camera_id = camera_id
        self._ground = Ground.of(rule.place.polygon, rule.place.metres)
        self._dwells = Dwells(rule, rule.dwell_s)
        self._ways: dict[int, deque[_Fix]] = {}

    def steps(self, track: Track, scene: Scene) -> tuple[Condition, ...]:
        del scene
        common = in_zone(self._rule, self._rule.place, track, self._camera_id)
        measured = _speed(self._ways.get(track.track_id))
        return common if measured is None else (*common, *self._conditions(measured))

    def observe(self, scene: Scene, gap_s: float, *, on_duty: bool) -> tuple[Violation, ...]:
        rule, holding = self._rule, {}
        for track in scene.tracks.seen:
            if not rule.place.contains(track.box):
                self._ways.pop(track.track_id, None)
                continue
            way = self._ways.setdefault(track.track_id, deque(maxlen=KEPT))
            way.append(self._fix(track, scene.now_s))
            while way[0].now_s < scene.now_s - KEPT_S:
                way.popleft()
            measured = _speed(way)
            if measured is None or not (on_duty and rule.matches(track, self._camera_id)):
                continue
            conditions = self._conditions(measured)
            if all(one.holds for one in conditions):
                common = (of_class(rule, track), with_score(rule, track), anchor_in_zone(rule.place, track))
                holding[track.track_id] = Sighting((track,), (*common, *conditions))
        for track_id in scene.tracks.ended:
            self._ways.pop(track_id, None)
        return self._dwells.observe(holding, scene.now_s, gap_s)

    def _fix(self, track: Track, now_s: float) -> _Fix:
        x, y = anchor_of(track.box, self._rule.place.anchor)
        at = self._ground.place((x, y))
        jitter = JITTER * (track.box[3] - track.box[1])
        off = max(math.dist(at, self._ground.place((x, y + step))) for step in (-jitter, jitter))
        return _Fix(now_s, at, off)

    def _conditions(self, measured: Measured) -> tuple[Condition, ...]:
        needed = self._rule.over_kmh + measured.tolerance_kmh
        return (
            Condition("speed", round(measured.kmh, 1), round(needed, 1), "km/h", measured.kmh > needed),
            Condition("speed_averaged", round(measured.over_s, 3), AVERAGED_S, "s", holds=True),
        )


def _speed(way: deque[_Fix] | None) -> Measured | None:
    """From the newest sighting that is AVERAGED_S old or older to now; None while there is none."""
    if not way:
        return None
    last = way[-1]
    first = next((one for one in reversed(way) if last.now_s - one.now_s >= AVERAGED_S - ROUNDING_S), None)
    if first is None:
        return None
    over_s = last.now_s - first.now_s
    kmh = KMH * math.dist(first.at, last.at) / over_s
    return Measured(kmh, SCALE_OFF * kmh + KMH * math.hypot(first.off_m, last.off_m) / over_s, over_s)
