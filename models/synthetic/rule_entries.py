"""Zones, lines and rules of a scenario's file."""

from collections.abc import Collection
from typing import Literal, get_args

from contract.catalogue import catalogue
from models.errors import ScenarioError
from models.synthetic.rule_words import GroundLine, GroundZone, Part, RuleKind, RuleWords
from models.synthetic.scenario_words import Words

RULE_KEYS = (
    "id", "type", "kind", "zone", "line", "classes", "permitted", "dwell_s", "gap_s", "cool_down_s", "at_least",
    "subject", "part", "present", "absent", "min_part_px", "area_min",
)  # fmt: skip
ZONE_KINDS: tuple[Literal["watch", "permitted"], ...] = ("watch", "permitted")
DIRECTIONS: tuple[Literal["up", "down", "left", "right", "either"], ...] = ("up", "down", "left", "right", "either")
KINDS: tuple[RuleKind, ...] = get_args(RuleKind)
PARTS: tuple[Part, ...] = get_args(Part)


def read_zone(value: object, where: str) -> GroundZone:
    """Either `[[x, z], ...]`, or `{polygon, kind, painted}`."""
    words = Words({"polygon": value} if isinstance(value, list) else value, where, ("polygon", "kind", "painted"))
    corners = tuple((x, z) for x, z in (words.numbers(point, 2) for point in words.items("polygon")))
    if len(corners) < 3:
        raise ScenarioError(f"{where}: a zone has at least 3 corners [x, z], not {len(corners)}")
    return GroundZone(corners, words.choice("kind", ZONE_KINDS, "watch"), words.flag("painted", usual=True))


def read_line(value: object, where: str) -> GroundLine:
    words = Words(value, where, ("points", "direction"), ("points",))
    ends = tuple((x, z) for x, z in (words.numbers(point, 2) for point in words.items("points")))
    if len(ends) != 2:
        raise ScenarioError(f"{where}: a line has 2 points [x, z], not {len(ends)}")
    return GroundLine((ends[0], ends[1]), words.choice("direction", DIRECTIONS, "either"))


def read_rule(value: object, where: str, zones: Collection[str], lines: Collection[str]) -> RuleWords:
    words = Words(value, where, RULE_KEYS, ("id", "type", "kind"))
    kind = words.choice("kind", KINDS, None)
    type_id = words.one_of(words.raw["type"], sorted(catalogue()), "type")
    places = lines if kind == "line_crossing" else (*zones, "frame")
    classes = [words.raw["subject"]] if kind == "attribute_absence" else words.items("classes")
    return RuleWords(
        rule_id=words.name("id"),
        type_id=type_id,
        kind=kind,
        place=words.one_of(words.raw.get("line" if kind == "line_crossing" else "zone"), tuple(places), "place"),
        classes=tuple(map(str, classes)),
        permitted=tuple(words.one_of(name, tuple(zones), "permitted") for name in words.items("permitted")),
        dwell_s=words.number("dwell_s", 1.0, least=0.0),
        gap_s=words.number("gap_s", 0.5, least=0.0),
        cool_down_s=words.number("cool_down_s", 60.0, least=0.0),
        at_least=int(words.number("at_least", 1)),
        part=words.choice("part", PARTS, "head"),
        present=str(words.raw.get("present", "")),
        absent=str(words.raw.get("absent", "")),
        min_part_px=int(words.number("min_part_px", 24)),
        area_min=words.number("area_min", 0.0, least=0.0, most=1.0),
    )
