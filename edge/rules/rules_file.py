"""Reads a rules file: YAML in, a checked RuleSet out, or one line that says where and what would be right."""

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import cast, get_args

from edge.rules.errors import RulesError
from edge.rules.ground import ground_fault
from edge.rules.line import Direction, Line
from edge.rules.rule import Rule
from edge.rules.rule_entry import ModelClasses, read_rule
from edge.rules.rule_set import RuleSet
from edge.rules.yaml_lines import Value, read_yaml
from edge.rules.zone import FRAME, FRAME_ID, Anchor, Point, Zone, ZoneKind

DEFAULT_RULES = Path(__file__).with_name("default_rules.yaml")
BYTES_MAX = 256 * 1024
RULES_MAX = 200
VERSION = 1
METRES_MIN, METRES_MAX = 0.1, 1000.0
NO_SCORES: Mapping[str, float] = MappingProxyType({})


def load_rules(
    path: Path,
    class_names: Sequence[str],
    package: str,
    cameras: Collection[str] | None = None,
    *,
    scores: Mapping[str, float] = NO_SCORES,
    rehearsed: bool = False,
) -> RuleSet:
    """class_names, package: what the detector can find, and its name. scores: from which on it believes a class:
    what rules take that have no `min_score`. cameras: those of this box; None when it is not
    known yet (`RuleSet.cameras` then helps to choose one, and `for_camera` may be empty). rehearsed: rules that are off
    because of how well their classes are found are on, for scenarios that say what is found.

    Raises RulesError for the first thing that is wrong, a file that cannot be read included.
    """
    file = str(path)
    try:
        data = path.read_bytes() if path.stat().st_size <= BYTES_MAX else None
    except OSError as error:
        raise RulesError(file, 1, f"cannot be read: {error.strerror}") from error
    if data is None:
        raise RulesError(file, 1, f"more than {BYTES_MAX} bytes: that is not a rules file")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RulesError(file, line, "not UTF-8: save the file as UTF-8") from error
    return parse_rules(file, text, class_names, package, cameras, scores=scores, rehearsed=rehearsed)


def parse_rules(
    file: str,
    text: str,
    class_names: Sequence[str],
    package: str,
    cameras: Collection[str] | None = None,
    *,
    scores: Mapping[str, float] = NO_SCORES,
    rehearsed: bool = False,
) -> RuleSet:
    """As `load_rules`, from the text of the file. file: as errors call it."""
    top = read_yaml(file, text)
    keys = top.mapping(("version", "zones", "lines", "rules"))
    if "version" not in keys:
        top.fail(f"version is missing: the file starts with `version: {VERSION}`")
    if keys["version"].raw_text() != str(VERSION):
        keys["version"].fail(f"version {keys['version'].raw_text()} is not known: version: {VERSION} is")
    zones = {name: _zone(name, value) for name, value in keys["zones"].mapping().items()} if "zones" in keys else {}
    lines = {name: _line(name, value) for name, value in keys["lines"].mapping().items()} if "lines" in keys else {}
    for name in lines.keys() & zones.keys():
        keys["lines"].mapping()[name].fail(f"{name} is a zone as well: give the line another name")
    if "rules" not in keys:
        top.fail("rules is missing: a file without rules finds nothing")
    entries = list(keys["rules"].items())
    if not 1 <= len(entries) <= RULES_MAX:
        keys["rules"].fail(f"rules: 1 to {RULES_MAX} rules are wanted, not {len(entries)}")
    places: dict[str, Zone | Line] = {FRAME_ID: FRAME, **zones, **lines}
    rules: dict[str, Rule] = {}
    notes: list[str] = []
    model = ModelClasses(tuple(class_names), package, scores, rehearsed)
    for entry in entries:
        rule, rule_notes = read_rule(entry, places, model)
        if rule.rule_id in rules:
            entry.fail(f"rule {rule.rule_id} stands twice: give one another id")
        rules[rule.rule_id] = rule
        notes += rule_notes
    _some_rule_is_enabled(keys["rules"], rules, notes)
    _some_rule_has_a_camera(keys["rules"], rules, cameras)
    return RuleSet(file, tuple(rules.values()), tuple(zones.values()), tuple(lines.values()), tuple(notes))


def _some_rule_is_enabled(entries: Value, rules: dict[str, Rule], notes: list[str]) -> None:
    if not any(rule.enabled for rule in rules.values()):
        entries.fail(f"no rule is enabled: {notes[0] if notes else 'write `enabled: true` in one'}")


def _some_rule_has_a_camera(entries: Value, rules: dict[str, Rule], cameras: Collection[str] | None) -> None:
    if cameras is None:
        return
    enabled = [rule for rule in rules.values() if rule.enabled]
    if any(rule.place.belongs_to(camera) for rule in enabled for camera in cameras):
        return
    named = ", ".join(dict.fromkeys(camera for rule in enabled for camera in rule.place.cameras))
    first = next(iter(cameras), "cam_1")
    entries.fail(
        f"no rule is for a camera of this box ({', '.join(cameras) or 'none'}), the zones name {named}: "
        f"write `cameras: [{first}]` in a zone, or leave `cameras` out for all"
    )


def _zone(name: str, value: Value) -> Zone:
    keys = value.mapping(("cameras", "kind", "polygon", "anchor", "metres"))
    value.checked_slug(name)
    if name == FRAME_ID:
        value.fail("zone frame is there already, it is the whole picture: give this one another name")
    if "polygon" not in keys:
        value.fail(f"zone {name} has no polygon: write `polygon: [[x, y], [x, y], [x, y]]`, each 0 to 1")
    polygon = _points(keys["polygon"])
    kind = keys["kind"].choice(get_args(ZoneKind)) if "kind" in keys else "watch"
    try:
        metres = _metres(keys["metres"], polygon) if "metres" in keys else None
        return Zone(name, polygon, cast("ZoneKind", kind), _anchor(keys), _cameras(keys), metres)
    except ValueError as error:
        keys["polygon"].fail(f"zone {name}: {error}")


def _metres(value: Value, polygon: tuple[Point, ...]) -> tuple[float, float]:
    numbers = [number.number(METRES_MIN, METRES_MAX) for number in value.items()]
    if len(numbers) != 2:
        value.fail("metres: write [from the first corner to the second, from the second to the third]")
    if fault := ground_fault(polygon):
        value.fail(fault)
    return numbers[0], numbers[1]


def _line(name: str, value: Value) -> Line:
    keys = value.mapping(("cameras", "points", "direction", "anchor"))
    value.checked_slug(name)
    if name == FRAME_ID:
        value.fail("frame is the whole picture: give this line another name")
    if "points" not in keys:
        value.fail(f"line {name} has no points: write `points: [[x, y], [x, y]]`, each 0 to 1")
    points = _points(keys["points"])
    direction = keys["direction"].choice(get_args(Direction)) if "direction" in keys else "either"
    try:
        ends = cast("tuple[Point, Point]", points)  # Line itself counts them
        return Line(name, ends, cast("Direction", direction), _anchor(keys), _cameras(keys))
    except ValueError as error:
        keys["points"].fail(f"line {name}: {error}")


def _anchor(keys: dict[str, Value]) -> Anchor:
    return cast("Anchor", keys["anchor"].choice(get_args(Anchor))) if "anchor" in keys else "bottom_center"


def _cameras(keys: dict[str, Value]) -> tuple[str, ...]:
    return tuple(camera.slug() for camera in keys["cameras"].items()) if "cameras" in keys else ()


def _points(value: Value) -> tuple[Point, ...]:
    points = []
    for point in value.items():
        numbers = [number.number(-math.inf, math.inf) for number in point.items()]
        if len(numbers) != 2:
            point.fail(f"{value.name}: a point is [x, y], not {len(numbers)} numbers")
        points.append((numbers[0], numbers[1]))
    return tuple(points)
