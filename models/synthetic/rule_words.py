"""The rules that a scene is told for, in the words of a rules file, with places in metres on the ground.

`rules_file` writes them for a box that watches the scene: the same words, places as the picture shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from models.synthetic.view import Points

RuleKind = Literal[
    "zone_presence", "stationary", "line_crossing", "count", "presence", "attribute_absence", "left_object"
]
Part = Literal["head", "torso", "rider"]
PART_PX_WIDTH = 1280  # the picture width that `min_part_px` of a scenario speaks of


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWords:
    """One rule. place: a zone, a line, or `frame`. classes: of an attribute rule its subject alone.

    min_part_px: of a picture PART_PX_WIDTH wide. area_min: share of the zone.
    """

    rule_id: str
    type_id: str
    kind: RuleKind
    place: str
    classes: tuple[str, ...] = ()
    permitted: tuple[str, ...] = ()
    dwell_s: float = 1.0
    gap_s: float = 0.5
    cool_down_s: float = 60.0
    at_least: int = 1
    part: Part = "head"
    present: str = ""
    absent: str = ""
    min_part_px: int = 24
    area_min: float = 0.0

    def part_px(self, width_px: int) -> int:
        """`min_part_px` in a picture of this width."""
        return max(1, round(self.min_part_px * width_px / PART_PX_WIDTH))

    def entry(self, width_px: int) -> dict[str, Any]:
        """As a rules file has it."""
        place = "line" if self.kind == "line_crossing" else "zone"
        words: dict[str, Any] = {"id": self.rule_id, "type": self.type_id, "kind": self.kind, place: self.place}
        match self.kind:
            case "attribute_absence":
                words |= {"subject": self.classes[0], "part": self.part, "present": self.present}
                words |= {"absent": self.absent, "min_part_px": self.part_px(width_px)}
            case "left_object":
                words["area_min"] = self.area_min
            case _:
                words["classes"] = list(self.classes)
        if self.kind == "count":
            words["at_least"] = self.at_least
        if self.kind != "line_crossing":
            words |= {"dwell_s": self.dwell_s, "gap_s": self.gap_s}
        if self.permitted:
            words["permitted"] = list(self.permitted)
        return words | {"cool_down_s": self.cool_down_s, "enabled": True}


@dataclass(frozen=True, slots=True)
class GroundZone:
    """polygon: `[x, z]` metres. kind: as in a rules file. painted: marked on the ground for everybody to see."""

    polygon: tuple[tuple[float, float], ...]
    kind: Literal["watch", "permitted"] = "watch"
    painted: bool = True


@dataclass(frozen=True, slots=True)
class GroundLine:
    """Two places `[x, z]` in metres. direction: the movement that breaks the rule, as the picture shows it."""

    ends: tuple[tuple[float, float], tuple[float, float]]
    direction: Literal["up", "down", "left", "right", "either"] = "either"


@dataclass(frozen=True, slots=True)
class Seen:
    """Places as the picture shows them: relative points, cut off at its edges."""

    zones: Mapping[str, Points] = field(default_factory=dict)
    lines: Mapping[str, Points] = field(default_factory=dict)


def rules_file(
    rules: tuple[RuleWords, ...],
    zones: Mapping[str, GroundZone],
    lines: Mapping[str, GroundLine],
    seen: Seen,
    width_px: int,
) -> str:
    """YAML that `xunjian edge replay --rules` reads."""
    document: dict[str, Any] = {"version": 1}
    if seen.zones:
        document["zones"] = {
            name: {"kind": zones[name].kind, "polygon": _rounded(points)} for name, points in seen.zones.items()
        }
    if seen.lines:
        document["lines"] = {
            name: {"points": _rounded(points), "direction": lines[name].direction}
            for name, points in seen.lines.items()
        }
    document["rules"] = [rule.entry(width_px) for rule in rules]
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=None, width=200)


def _rounded(points: Points) -> list[list[float]]:
    return [[round(float(x), 5), round(float(y), 5)] for x, y in points]
