"""What every rule has. The kinds, one file each, add their own parameters and how they are judged."""

from abc import ABC
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from contract.codec import canonical, sha256_hex
from contract.incident_report import Severity
from edge.rules.line import Line
from edge.rules.schedule import ALWAYS, Schedule
from edge.rules.zone import Point, Zone
from edge.tracking.track import Box, Track

GAP_S = 0.5
COOL_DOWN_S = 60.0
MERGE_S = 3.0

Scope = Literal["track", "zone", "crossing"]
PlaceKey = Literal["zone", "zones", "line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(ABC):
    """One line of a rules file, checked and with its defaults filled in.

    permitted: zones that exempt. masks: privacy masks of the file; what stands in one is never judged.
    gap_s: the conditions may fail this long without ending the violation. cool_down_s, merge_s: what
    `edge.incidents.register` merges by. min_score: a track counts in frames where its score is at least this;
    class_scores: else, where the rule does not say, at least what its class's detector asks for.

    scope: whose violations they are. "track": each track's own; "zone": the zone's as a whole (one open incident per
    zone); "crossing": a moment, each one an incident.
    """

    kind: ClassVar[str]
    scope: ClassVar[Scope]
    own_keys: ClassVar[tuple[str, ...]]
    place_key: ClassVar[PlaceKey] = "zone"  # how a rules file calls where it looks
    looks_at_regions: ClassVar[bool] = False  # at what a background model says was left

    rule_id: str
    type_id: str
    severity: Severity
    place: Zone | Line
    classes: tuple[str, ...]
    gap_s: float = GAP_S
    min_score: float = 0.0
    class_scores: tuple[tuple[str, float], ...] = ()
    cool_down_s: float = COOL_DOWN_S
    merge_s: float = MERGE_S
    schedule: Schedule = ALWAYS
    enabled: bool = True
    permitted: tuple[Zone, ...] = ()
    masks: tuple[Zone, ...] = ()

    @property
    def place_id(self) -> str:
        """The zone's id, the line's, or `frame`."""
        return self.place.zone_id if isinstance(self.place, Zone) else self.place.line_id

    @property
    def polygon(self) -> tuple[Point, ...]:
        """The zone's corners, or the two points of the line."""
        return self.place.polygon if isinstance(self.place, Zone) else self.place.points

    @property
    def part_classes(self) -> frozenset[str]:
        """Of the detections that the rule looks at beside tracks: what lies on a part of the subject."""
        return frozenset()

    def matches(self, track: Track, camera_id: str) -> bool:
        """Is the track one that this rule speaks of, wherever it is in its zone? Class, score, no exemption."""
        return (
            track.class_name in self.classes
            and track.score >= self.score_needed(track.class_name)
            and not self.exempts(track.box, camera_id)
        )

    def score_needed(self, class_name: str) -> float:
        return dict(self.class_scores).get(class_name, self.min_score)

    def exempts(self, box: Box, camera_id: str) -> bool:
        """Does it stand in a permitted zone, or behind a privacy mask?"""
        return any(zone.belongs_to(camera_id) and zone.contains(box) for zone in (*self.permitted, *self.masks))

    def own_parameters(self) -> dict[str, Any]:
        """The parameters of this kind alone."""
        return {key: getattr(self, key) for key in self.own_keys}

    def parameters(self) -> dict[str, Any]:
        """JSON values, defaults included: what `rule.parameters` of a report says."""
        return {
            "classes": sorted(self.classes),
            "min_score": dict(self.class_scores) or self.min_score,
            "gap_s": self.gap_s,
            "cool_down_s": self.cool_down_s,
            "merge_s": self.merge_s,
            "permitted": [zone.zone_id for zone in self.permitted],
            "schedule": None if self.schedule == ALWAYS else self.schedule.canonical(),
        } | self.own_parameters()

    @property
    def version(self) -> str:
        """First 12 hex of the sha256 of the canonical form with its zones: changes when the verdict could."""
        return sha256_hex(canonical(self.canonical()))[:12]

    def canonical(self) -> dict[str, Any]:
        return {
            "id": self.rule_id,
            "type": self.type_id,
            "kind": self.kind,
            "severity": self.severity,
            "enabled": self.enabled,
            "parameters": self.parameters(),
            "place": self.place.canonical(),
            "permitted": [zone.canonical() for zone in self.permitted],
            "masks": [zone.canonical() for zone in self.masks],
        }
