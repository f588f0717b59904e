"""Reads a scenario's YAML. Unknown keys are errors, and every error is one line that names the file."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import yaml

from models.errors import ScenarioError
from models.synthetic.actor import KINDS, PAINTED, RIDDEN, Actor, Carry, Kind, Worn
from models.synthetic.figures import CLOTHES, PAINTS, TROUSERS, Colour
from models.synthetic.path import Path
from models.synthetic.rule_entries import read_line, read_rule, read_zone
from models.synthetic.scenario import (
    DAYLIGHTS,
    PLACES,
    WEATHERS,
    Recording,
    Scenario,
    Sky,
    Variation,
    scenario_text,
)
from models.synthetic.scenario_words import Words

TOP_KEYS = (
    "scenario", "tells", "duration_s", "place", "view", "sky", "recording", "vary", "zones", "lines", "rules", "actors",
)  # fmt: skip
ACTOR_KEYS = (
    "id", "kind", "path", "at", "colour", "trousers", "height_m", "size", "helmet", "vest", "rider", "carried", "up_m",
    "grow_s", "from_s", "until_s",
)  # fmt: skip
ACTORS_MAX = 120
DURATION_S_MAX = 3600.0
PERSON_M = 1.75
COLOURS: dict[str, tuple[Colour, Colour]] = {
    "bag": ((42, 40, 40), (0, 0, 0)),
    "crate": ((70, 120, 170), (0, 0, 0)),
    "bin": ((70, 96, 60), (0, 0, 0)),
    "fire": ((40, 110, 250), (0, 0, 0)),
    "smoke": ((120, 122, 124), (0, 0, 0)),
    "lamp": ((120, 200, 255), (0, 0, 0)),
    "sun": ((90, 170, 255), (0, 0, 0)),
}


def load_scenario(name_or_path: str) -> Scenario:
    """A shipped scenario by its name, or any file by its path. Raises ScenarioError."""
    return parse_scenario(*scenario_text(name_or_path))


def parse_scenario(text: str, name: str) -> Scenario:
    """Raises ScenarioError; `name` is how the message names the file."""
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ScenarioError(f"{name}: not YAML: {' '.join(str(error).split())}") from error
    top = Words(loaded, name, TOP_KEYS, ("scenario", "duration_s"))
    if top.raw["scenario"] != 1:
        raise ScenarioError(f"{name}: scenario is {top.raw['scenario']!r}; this version reads 1")
    duration_s = top.number("duration_s", most=DURATION_S_MAX)
    view = top.part("view", ("height_m", "pitch_deg", "width_deg"))
    zones = {zone: read_zone(value, f"{name}: {zone}") for zone, value in top.mapping("zones").items()}
    lines = {line: read_line(value, f"{name}: {line}") for line, value in top.mapping("lines").items()}
    entries = top.items("actors")
    if len(entries) > ACTORS_MAX:
        raise ScenarioError(f"{name}: {len(entries)} actors; at most {ACTORS_MAX} are drawn")
    actors = tuple(_actor(value, f"{name}: actors[{i}]", duration_s) for i, value in enumerate(entries))
    _check_ids(name, actors)
    rules = tuple(read_rule(value, f"{name}: rules[{i}]", zones, lines) for i, value in enumerate(top.items("rules")))
    return Scenario(
        name,
        duration_s,
        view.number("height_m", 5.0),
        view.number("pitch_deg", 18.0),
        view.number("width_deg", 65.0),
        top.choice("place", PLACES, "yard"),
        zones,
        actors,
        lines,
        rules,
        _sky(top),
        _recording(top),
        _variation(top),
        frozenset(actor.actor_id for actor, value in zip(actors, entries, strict=True) if "colour" not in _raw(value)),
        str(top.raw.get("tells", "")),
    )


def _raw(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _check_ids(name: str, actors: tuple[Actor, ...]) -> None:
    ids = [actor.actor_id for actor in actors]
    if len(set(ids)) != len(ids):
        raise ScenarioError(f"{name}: two actors have the same id")
    for actor in actors:
        for carry in actor.carried:
            if carry.carrier_id not in ids:
                raise ScenarioError(f"{name}: {actor.actor_id} is carried by {carry.carrier_id!r}, who is not there")


def _sky(top: Words) -> Sky:
    sky = top.part("sky", ("light", "weather", "lamps"))
    lamps = tuple((x, z) for x, z in (sky.numbers(point, 2) for point in sky.items("lamps")))
    return Sky(sky.choice("light", DAYLIGHTS, "day"), sky.choice("weather", WEATHERS, "clear"), lamps)


def _recording(top: Words) -> Recording:
    words = top.part("recording", ("shake", "noise", "crf", "exposure_s"))
    usual = Recording()
    return Recording(
        words.number("shake", usual.shake, least=0.0, most=0.05),
        words.number("noise", usual.noise, least=0.0, most=40.0),
        int(words.number("crf", usual.crf, most=51)),
        words.number("exposure_s", usual.exposure_s, least=0.0, most=0.2),
    )


def _variation(top: Words) -> Variation:
    words = top.part("vary", ("shift_m", "start_s", "size", "colours", "lights", "weathers"))
    return Variation(
        words.number("shift_m", 0.0, least=0.0, most=5.0),
        words.number("start_s", 0.0, least=0.0, most=60.0),
        words.number("size", 0.0, least=0.0, most=0.5),
        words.flag("colours", usual=False),
        tuple(words.one_of(value, DAYLIGHTS, "lights") for value in words.items("lights")),
        tuple(words.one_of(value, WEATHERS, "weathers") for value in words.items("weathers")),
    )


def _actor(value: object, where: str, duration_s: float) -> Actor:
    words = Words(value, where, ACTOR_KEYS, ("id", "kind"))
    kind = words.choice("kind", KINDS, None)
    carried = tuple(_carry(words, item) for item in words.items("carried"))
    if "path" not in words.raw and "at" not in words.raw and not carried:
        raise ScenarioError(f"{where}: path is missing; or at: [x, z], or carried: [[from_s, to_s, who]]")
    colour, trousers = _usual_colours(kind, words.name("id"))
    size = words.number("size", 1.0)
    if kind == "person" or kind in RIDDEN:
        size *= words.number("height_m", PERSON_M) / PERSON_M
    return Actor(
        words.name("id"),
        kind,
        _path(words, duration_s),
        words.colour("colour", colour),
        words.colour("trousers", trousers),
        size,
        _worn(words, "helmet"),
        _worn(words, "vest"),
        words.flag("rider", usual=True),
        carried,
        words.number("up_m", 4.0 if kind in ("lamp", "sun") else 0.0, least=0.0),
        words.number("grow_s", 4.0),
    )


def _usual_colours(kind: Kind, actor_id: str) -> tuple[Colour, Colour]:
    """Of somebody whose colours the file does not name: by the id, so that not everybody wears the same."""
    salt = sum(ord(letter) * (index + 1) for index, letter in enumerate(actor_id))
    if kind == "person":
        return CLOTHES[salt % len(CLOTHES)], TROUSERS[salt % len(TROUSERS)]
    return (PAINTS[salt % len(PAINTS)], TROUSERS[0]) if kind in PAINTED else COLOURS[kind]


def _path(words: Words, duration_s: float) -> Path | None:
    if "at" in words.raw:
        x, z = words.numbers(words.raw["at"], 2)
        start_s = words.number("from_s", 0.0, least=0.0)
        points: tuple[tuple[float, ...], ...] = ((start_s, x, z), (words.number("until_s", duration_s + 1), x, z))
    elif "path" in words.raw:
        points = tuple(words.numbers(point, 3) for point in words.items("path"))
    else:
        return None
    try:
        return Path(tuple((t_s, x, z) for t_s, x, z in points))
    except ValueError as error:
        raise ScenarioError(f"{words.where}.path: {error}") from error


def _worn(words: Words, key: str) -> Worn:
    value = words.raw.get(key, False)
    if isinstance(value, bool):
        return Worn(((0.0, value),))
    changes = []
    for item in words.items(key):
        if not (isinstance(item, list) and len(item) == 2 and isinstance(item[1], bool)):
            raise ScenarioError(f"{words.where}.{key}: expected true, false or [[t_s, true], ...], got {item!r}")
        changes.append((words.numbers(item[:1], 1)[0], item[1]))
    if not changes or any(later[0] <= earlier[0] for earlier, later in pairwise(changes)):
        raise ScenarioError(f"{words.where}.{key}: the times must rise")
    return Worn(tuple(changes))


def _carry(words: Words, value: object) -> Carry:
    if not (isinstance(value, list) and len(value) == 3):
        raise ScenarioError(f"{words.where}.carried: expected [from_s, to_s, who], got {value!r}")
    from_s, to_s = words.numbers(value[:2], 2)
    if to_s <= from_s:
        raise ScenarioError(f"{words.where}.carried: {to_s:g} s is not after {from_s:g} s")
    return Carry(from_s, to_s, str(value[2]))
