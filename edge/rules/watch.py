"""The port of a kind: judges one rule in one camera, frame by frame. And the steps of a trace that kinds share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from edge.rules.rule import Rule
from edge.rules.scene import Scene
from edge.rules.violation import Attribute, Condition, Violation
from edge.rules.zone import Point, Zone, anchor_of
from edge.tracking.track import Track


class Watch(ABC):
    @abstractmethod
    def observe(self, scene: Scene, gap_s: float, *, on_duty: bool) -> tuple[Violation, ...]:
        """The violations that go on at `scene.now_s`.

        gap_s: the rule's own, or what the sampling makes of it. on_duty: False outside the schedule, when no condition
        holds.
        """

    @abstractmethod
    def steps(self, track: Track, scene: Scene) -> tuple[Condition, ...]:
        """The conditions for a track of the scene that was observed last, held or not; without dwell and gap."""

    def attributes(self) -> Mapping[int, Attribute]:
        """By track: what is known of what it wears. Of most kinds nothing."""
        return {}


def of_class(rule: Rule, track: Track) -> Condition:
    return Condition(
        "class", track.class_name, "|".join(sorted(rule.classes)), "name", track.class_name in rule.classes
    )


def with_score(rule: Rule, track: Track) -> Condition:
    needed = rule.score_needed(track.class_name)
    return Condition("score", round(track.score, 4), needed, "probability", track.score >= needed)


def not_exempt(rule: Rule, track: Track, camera_id: str) -> Condition:
    exempt = rule.exempts(track.box, camera_id)
    return Condition("not_exempt", not exempt, threshold=True, unit="", holds=not exempt)


def in_zone(rule: Rule, zone: Zone, track: Track, camera_id: str) -> tuple[Condition, ...]:
    """What every kind about a zone asks of a track."""
    return (
        of_class(rule, track),
        with_score(rule, track),
        anchor_in_zone(zone, track),
        not_exempt(rule, track, camera_id),
    )


def anchor_in_zone(zone: Zone, track: Track) -> Condition:
    where = point_text(anchor_of(track.box, zone.anchor))
    return Condition("anchor_in_zone", where, zone.zone_id, "relative", zone.contains(track.box))


def point_text(point: Point) -> str:
    return f"{point[0]:.4f},{point[1]:.4f}"
