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


def anchor_in_zone(zone: Zone, track: Track) -> Condition:
    where = point_text(anchor_of(track.box, zone.anchor))
    return Condition("anchor_in_zone", where, zone.zone_id, "relative", zone.contains(track.box))


def point_text(point: Point) -> str:
    return f"{point[0]:.4f},{point[1]:.4f}"
