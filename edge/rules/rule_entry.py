"""One entry under `rules:` of a rules file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from contract.catalogue import catalogue
from contract.incident_report import Severity
from edge.rules.attribute_absence import AttributeAbsence
from edge.rules.body_part import BodyPart
from edge.rules.kinds import KINDS
from edge.rules.left_object import LeftObject
from edge.rules.line import Line
from edge.rules.rule import Rule
from edge.rules.schedule_entry import read_schedule
from edge.rules.speed import Speed
from edge.rules.yaml_lines import Value, right_word
from edge.rules.zone import Zone
from edge.tracking.still_region import OBJECT

COMMON_KEYS = (
    "id", "type", "kind", "classes", "gap_s", "min_score", "cool_down_s", "merge_s", "schedule", "severity", "enabled",
    "off_because", "permitted",
)  # fmt: skip
REQUIRED: dict[type[Rule], tuple[str, ...]] = {
    AttributeAbsence: ("subject", "part", "present", "absent"),
    LeftObject: ("area_min", "dwell_s"),
    Speed: ("over_kmh", "classes"),
}
WITHOUT: dict[type[Rule], tuple[str, ...]] = {AttributeAbsence: ("classes",), LeftObject: ("classes", "min_score")}
REASON_CHARACTERS_MAX = 300
DURATION_S_MAX = 7 * 86_400.0
AREA_MIN = 0.0001  # of the zone; a background model sees nothing smaller
KMH_MAX = 300.0
ZONES_MIN, ZONES_MAX = 2, 8
DWELL_S = 1.0  # of a rule that does not say; `stationary` has to


@dataclass(frozen=True, slots=True)
class ModelClasses:
    """What the detector can find, the name of its package, and from which score on it believes a class.

    rehearsed: it is given what to find, so rules that are off because of what it misses are on.
    """

    names: tuple[str, ...]
    package: str
    scores: Mapping[str, float] = field(default_factory=dict)
    rehearsed: bool = False


def read_rule(entry: Value, places: dict[str, Zone | Line], model: ModelClasses) -> tuple[Rule, list[str]]:
    """The rule, and what its writer should know. Raises RulesError."""
    kind = _kind(entry)
    place_key = kind.place_key
    common = [key for key in COMMON_KEYS if key not in WITHOUT.get(kind, ())]
    keys = entry.mapping((*common, place_key, *kind.own_keys))
    own_required = REQUIRED.get(kind, ())
    for key in ("id", "type", place_key, *(own_required or ("classes",))):
        if key not in keys:
            entry.fail(f"{key} is missing: a rule of kind {kind.kind} needs it")
    rule_id = keys["id"].slug()
    types = catalogue()
    type_id = keys["type"].raw_text()
    if type_id not in types:
        keys["type"].fail(f"type {type_id} is not in the catalogue: {right_word(type_id, sorted(types))}")
    off_because = _off_because(keys["off_because"]) if "off_because" in keys else ""
    enabled = _enabled(keys, by_default=types[type_id].enabled and not off_because)
    notes = _notes(rule_id, type_id, off_because, enabled=enabled, said="enabled" in keys)
    severity = keys["severity"].choice(get_args(Severity)) if "severity" in keys else types[type_id].severity
    values: dict[str, Any] = {
        "rule_id": rule_id,
        "type_id": type_id,
        "severity": cast("Severity", severity),
        **_places(keys[place_key], places),
        "classes": _classes_of(kind, keys, model),
        "enabled": enabled or (model.rehearsed and bool(off_because)),
        "permitted": _permitted(keys["permitted"], places) if "permitted" in keys else (),
        "masks": tuple(zone for zone in places.values() if isinstance(zone, Zone) and zone.kind == "mask"),
    }
    for key in ("gap_s", "cool_down_s", "merge_s"):
        if key in keys:
            values[key] = keys[key].number(0, DURATION_S_MAX)
    if "min_score" in keys:
        values["min_score"] = keys["min_score"].number(0, 1)
    else:
        scores = {name: model.scores[name] for name in values["classes"] if model.scores.get(name)}
        values["class_scores"] = tuple(sorted(scores.items()))
    if "schedule" in keys:
        values["schedule"] = read_schedule(keys["schedule"])
    values |= _own_values(entry, keys, kind)
    if kind is AttributeAbsence:
        values |= _part_values(keys, model)
    if kind is Speed and values["place"].metres is None:
        keys["zone"].fail(
            f"zone {values['place'].zone_id} has no scale: write `metres: [width, length]` in it, it is a rectangle"
        )
    return kind(**values), notes


def _off_because(value: Value) -> str:
    text = value.text()
    if not 1 <= len(text) <= REASON_CHARACTERS_MAX:
        value.fail(f"off_because: 1 to {REASON_CHARACTERS_MAX} characters are wanted, not {len(text)}")
    return text


def _enabled(keys: dict[str, Value], *, by_default: bool) -> bool:
    return keys["enabled"].flag() if "enabled" in keys else by_default


def _notes(rule_id: str, type_id: str, off_because: str, *, enabled: bool, said: bool) -> list[str]:
    """What whoever runs the rules should know. said: whether the rule itself says that it is on or off."""
    if off_because and enabled:
        return [f"rule {rule_id} is on, although {off_because}"]
    if off_because:
        return [f"rule {rule_id} is off: {off_because}; try it on your cameras, then write `enabled: true` in the rule"]
    if not enabled and not said:
        return [f"rule {rule_id} is off: {type_id} is off by default; write `enabled: true` in the rule to use it"]
    return []


def _kind(entry: Value) -> type[Rule]:
    keys = entry.mapping()
    if "kind" not in keys:
        entry.fail(f"kind is missing: there is {', '.join(KINDS)}")
    return KINDS[keys["kind"].choice(KINDS)]


def _own_values(entry: Value, keys: dict[str, Value], kind: type[Rule]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "dwell_s" in kind.own_keys:
        if "dwell_s" not in keys and kind.kind == "stationary":
            entry.fail("dwell_s is missing: for how many seconds something has to stand still")
        values["dwell_s"] = keys["dwell_s"].number(0, DURATION_S_MAX) if "dwell_s" in keys else DWELL_S
    if "area_min" in kind.own_keys:
        values["area_min"] = keys["area_min"].number(AREA_MIN, 1)
    if "over_kmh" in kind.own_keys:
        values["over_kmh"] = keys["over_kmh"].number(1, KMH_MAX)
    if "within_s" in keys:
        values["within_s"] = keys["within_s"].number(1, 3600)
    if "at_least" in kind.own_keys:
        if "at_least" not in keys:
            entry.fail("at_least is missing: from how many on")
        values["at_least"] = keys["at_least"].integer(1)
    return values


def _part_values(keys: dict[str, Value], model: ModelClasses) -> dict[str, Any]:
    present, absent = (_class(keys[key], model) for key in ("present", "absent"))
    if present == absent:
        keys["absent"].fail(f"absent: {absent} is what should be present: name the class of what is seen without it")
    values: dict[str, Any] = {"part": keys["part"].choice(get_args(BodyPart)), "present": present, "absent": absent}
    values["absent_score_min"] = model.scores.get(absent, 0.0)
    if "min_part_px" in keys:
        values["min_part_px"] = keys["min_part_px"].integer(1)
    return values


def _places(value: Value, places: dict[str, Zone | Line]) -> dict[str, Any]:
    """The place, and with `zones` the whole way to it."""
    if value.name != "zones":
        return {"place": _place(value, places)}
    zones = [_place(item, places) for item in value.items()]
    names = [zone.zone_id for zone in zones if isinstance(zone, Zone)]
    if not ZONES_MIN <= len(zones) <= ZONES_MAX:
        value.fail(f"zones: {ZONES_MIN} to {ZONES_MAX} zones in their order are wanted, not {len(zones)}")
    if twice := next((name for name in names if names.count(name) > 1), None):
        value.fail(f"zones: {twice} stands twice: an order goes through each zone once")
    if len({frozenset(zone.cameras) for zone in zones}) > 1:
        value.fail(f"zones: {', '.join(names)} belong to other cameras: an order is what one camera sees")
    return {"place": zones[-1], "zones": tuple(zones)}


def _place(value: Value, places: dict[str, Zone | Line]) -> Zone | Line:
    wanted = Line if value.name == "line" else Zone
    names = [name for name, place in places.items() if isinstance(place, wanted)]
    word = value.raw_text()
    if word not in names:
        known = right_word(word, names) if names else "the file has none"
        value.fail(f"{value.name} {word} is not in the file: {known}")
    place = places[word]
    if isinstance(place, Zone) and place.kind != "watch":
        value.fail(f"zone {word} is of kind {place.kind}: a rule looks at a zone of kind watch")
    return place


def _permitted(value: Value, places: dict[str, Zone | Line]) -> tuple[Zone, ...]:
    zones = []
    for item in value.items():
        place = places.get(item.raw_text())
        if not isinstance(place, Zone):
            item.fail(f"permitted: zone {item.raw_text()} is not in the file")
        if place.kind != "permitted":
            item.fail(f"permitted: zone {place.zone_id} is of kind {place.kind}: write `kind: permitted` in it")
        zones.append(place)
    return tuple(zones)


def _classes_of(kind: type[Rule], keys: dict[str, Value], model: ModelClasses) -> tuple[str, ...]:
    if "classes" in keys:
        return _classes(keys["classes"], model)
    if "subject" in keys:
        return (_class(keys["subject"], model),)
    if "person" not in model.names:
        keys["kind"].fail(
            f"kind {kind.kind}: the model package {model.package} has not got person, so people who stand still would"
            " be taken for objects"
        )
    return (OBJECT,)


def _classes(value: Value, model: ModelClasses) -> tuple[str, ...]:
    classes = [_class(item, model) for item in value.items()]
    if not classes:
        value.fail("classes: name at least one class")
    return tuple(dict.fromkeys(classes))


def _class(value: Value, model: ModelClasses) -> str:
    word = value.raw_text()
    if word not in model.names:
        value.fail(f"class {word}: the model package {model.package} has not got it, it has {', '.join(model.names)}")
    return word
