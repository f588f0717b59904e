"""A scenario: one small YAML file that says who moves where and when. Unknown keys are errors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Literal

import yaml

from models.errors import ScenarioError
from models.synthetic.figures import Colour
from models.synthetic.path import Path

SHIPPED = FilePath(__file__).parent / "scenarios"
KINDS: tuple[Literal["person", "car"], ...] = ("person", "car")
DEFAULTS: dict[str, dict[str, Colour]] = {
    "person": {"colour": (60, 70, 160), "trousers": (70, 55, 45)},
    "car": {"colour": (165, 150, 140), "trousers": (0, 0, 0)},
}


@dataclass(frozen=True, slots=True)
class Actor:
    actor_id: str
    kind: Literal["person", "car"]
    path: Path
    colour: Colour
    trousers: Colour
    height_m: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """zones: ground polygons `[x, z]` in metres, painted on the ground. See `view.View` for the camera's numbers."""

    name: str
    duration_s: float
    height_m: float
    pitch_deg: float
    width_deg: float
    zones: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]
    actors: tuple[Actor, ...]


def _colour(value: object, where: str) -> Colour:
    match = re.fullmatch(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", str(value).lower())
    if match is None:
        raise ScenarioError(f"{where}: {value!r} is not a colour like '#b03030'")
    red, green, blue = (int(part, 16) for part in match.groups())
    return blue, green, red


def _keys(value: object, allowed: set[str], needed: set[str], where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{where}: expected keys {', '.join(sorted(allowed))}")
    if unknown := set(value) - allowed:
        known = ", ".join(sorted(allowed))
        raise ScenarioError(f"{where}: unknown key {', '.join(map(str, sorted(unknown)))} (known: {known})")
    if missing := needed - set(value):
        raise ScenarioError(f"{where}: {', '.join(sorted(missing))} is missing")
    return value


def _numbers(value: object, count: int, where: str) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != count or not all(isinstance(part, int | float) for part in value):
        raise ScenarioError(f"{where}: expected {count} numbers, got {value!r}")
    return tuple(float(part) for part in value)


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ScenarioError(f"{where}: expected a positive number, got {value!r}")
    return float(value)


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise ScenarioError(f"{where}: expected a list, got {value!r}")
    return value


def _actor(value: object, where: str) -> Actor:
    keys = {"id", "kind", "path", "colour", "trousers", "height_m"}
    fields = _keys(value, keys, {"id", "kind", "path"}, where)
    kind = next((known for known in KINDS if known == fields["kind"]), None)
    if kind is None:
        raise ScenarioError(f"{where}: kind {fields['kind']!r} is not one of {', '.join(KINDS)}")
    points = [_numbers(point, 3, f"{where}.path") for point in _list(fields["path"], f"{where}.path")]
    try:
        path = Path(tuple((t_s, x, z) for t_s, x, z in points))
    except ValueError as error:
        raise ScenarioError(f"{where}.path: {error}") from error
    colours = {
        key: _colour(fields[key], f"{where}.{key}") if key in fields else DEFAULTS[kind][key]
        for key in ("colour", "trousers")
    }
    height_m = _number(fields.get("height_m", 1.75), f"{where}.height_m")
    return Actor(str(fields["id"]), kind, path, colours["colour"], colours["trousers"], height_m)


def parse_scenario(text: str, name: str) -> Scenario:
    """Raises ScenarioError; `name` is how the message names the file."""
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ScenarioError(f"{name}: not YAML: {' '.join(str(error).split())}") from error
    top = _keys(loaded, {"scenario", "duration_s", "view", "zones", "actors"}, {"scenario", "duration_s"}, name)
    if top["scenario"] != 1:
        raise ScenarioError(f"{name}: scenario is {top['scenario']!r}; this version reads 1")
    view = _keys(top.get("view", {}), {"height_m", "pitch_deg", "width_deg"}, set(), f"{name}: view")
    zones = top.get("zones", {})
    if not isinstance(zones, Mapping):
        raise ScenarioError(f"{name}: zones: expected NAME: [[x, z], ...]")
    actors = [_actor(value, f"{name}: actors[{i}]") for i, value in enumerate(_list(top.get("actors", []), name))]
    if len({actor.actor_id for actor in actors}) != len(actors):
        raise ScenarioError(f"{name}: two actors have the same id")
    polygons = [
        (
            str(zone),
            tuple((x, z) for x, z in (_numbers(p, 2, f"{name}: {zone}") for p in _list(points, f"{name}: {zone}"))),
        )
        for zone, points in zones.items()
    ]
    return Scenario(
        name,
        _number(top["duration_s"], f"{name}: duration_s"),
        _number(view.get("height_m", 5.0), f"{name}: view.height_m"),
        _number(view.get("pitch_deg", 18.0), f"{name}: view.pitch_deg"),
        _number(view.get("width_deg", 65.0), f"{name}: view.width_deg"),
        tuple(polygons),
        tuple(actors),
    )


def load_scenario(name_or_path: str) -> Scenario:
    """A shipped scenario by its name, or any file by its path. Raises ScenarioError."""
    shipped = SHIPPED / f"{name_or_path}.yaml"
    path = shipped if shipped.exists() else FilePath(name_or_path)
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.yaml")))
        raise ScenarioError(f"no scenario {name_or_path!r}: give a file, or one of {names}")
    return parse_scenario(path.read_text(encoding="utf-8"), path.stem)
