"""Kind `line_crossing`: a track's anchor goes over the line in the direction that breaks the rule (wrong way).

Its way is made of the positions it was seen at, one straight piece from each to the next, over a gap as well. A
position closer to the line than the detector's jitter decides nothing: the crossing is said when the track is clear of
the line on the other side, so something that stands on the line crosses it at most once.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from edge.rules.line import Line
from edge.rules.rule import PlaceKey, Rule, Scope
from edge.rules.scene import Scene
from edge.rules.violation import Condition, Violation
from edge.rules.watch import Watch, not_exempt, of_class, point_text, with_score
from edge.rules.zone import Point, anchor_of
from edge.tracking.track import Box, Track

JITTER = 0.02  # of the box's height
JITTER_MIN = 0.001  # of the picture


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCrossing(Rule):
    kind: ClassVar[str] = "line_crossing"
    scope: ClassVar[Scope] = "crossing"
    own_keys: ClassVar[tuple[str, ...]] = ()
    place_key: ClassVar[PlaceKey] = "line"

    place: Line


@dataclass(frozen=True, slots=True)
class Way:
    """clear: the last position clear of the line (or the first of all). crossed: is the line crossed since, an odd
    number of times?
    """

    clear: Point
    latest: Point
    crossed: bool = False


class LineCrossingWatch(Watch):
    def __init__(self, rule: LineCrossing, camera_id: str) -> None:
        self._rule = rule
        self._camera_id = camera_id
        self._ways: dict[int, Way] = {}

    def steps(self, track: Track, scene: Scene) -> tuple[Condition, ...]:
        """`line_distance`: how far the anchor is from the line, against what counts as clear of it."""
        del scene
        line = self._rule.place
        distance, jitter = line.distance(anchor_of(track.box, line.anchor)), jitter_of(track.box)
        return (
            of_class(self._rule, track),
            with_score(self._rule, track),
            not_exempt(self._rule, track, self._camera_id),
            Condition("line_distance", round(distance, 4), round(jitter, 4), "relative", distance > jitter),
        )

    def observe(self, scene: Scene, gap_s: float, *, on_duty: bool) -> tuple[Violation, ...]:
        """A crossing is a moment: `gap_s` means nothing here, a track may be unseen as long as it is remembered."""
        del gap_s
        violations = []
        for track in scene.tracks.seen:
            before, after, crossed = self._move(track)
            if (
                crossed
                and on_duty
                and self._rule.matches(track, self._camera_id)
                and self._rule.place.breaks(before, after)
            ):
                violations.append(self._violation(track, before, after, scene.now_s))
        for track_id in scene.tracks.ended:
            self._ways.pop(track_id, None)
        return tuple(violations)

    def _move(self, track: Track) -> tuple[Point, Point, bool]:
        """From where to where, and is the line crossed between? Only a position clear of the line answers that."""
        line = self._rule.place
        position = anchor_of(track.box, line.anchor)
        way = self._ways.get(track.track_id, Way(position, position))
        crossed = way.crossed != line.crossed_between(way.latest, position)
        if line.distance(position) <= jitter_of(track.box):
            self._ways[track.track_id] = replace(way, latest=position, crossed=crossed)
            return way.clear, position, False
        self._ways[track.track_id] = Way(position, position)
        return way.clear, position, crossed

    def _violation(self, track: Track, before: Point, after: Point, now_s: float) -> Violation:
        way = f"{point_text(before)} > {point_text(after)}"
        trace = (
            of_class(self._rule, track),
            with_score(self._rule, track),
            Condition("crossed", way, self._rule.place.direction, "relative", holds=True),
        )
        return Violation(self._rule, (track,), now_s, now_s, now_s, trace)


def jitter_of(box: Box) -> float:
    """How far from a border a position has to be to decide something; relative."""
    return max(JITTER * (box[3] - box[1]), JITTER_MIN)
