"""Reads scenarios: YAML in, checked values out, or one line that says where and what would be right."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import cast, get_args

from contract.incident_report import CloseReason
from edge.incidents.actor_entry import LENGTH_S_MAX, ActorReader, read_size, read_spans
from edge.incidents.scenario import FORGOTTEN_S, ROUNDING_S, Case, Expected, Scenario, Through
from edge.rules.errors import RulesError
from edge.rules.rule import Rule
from edge.rules.rule_set import RuleSet
from edge.rules.yaml_lines import Value, read_yaml, right_word
from edge.tracking.still_region import OBJECT

VERSION = 1
BYTES_MAX = 1024 * 1024
SCENARIOS_MAX = 1000
FRAMES_MAX = 200_000
FPS = 10.0
FRAME_PX = (1280, 720)
START = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 (local time of an imagined box) a Monday without a holiday
CAMERA = "cam_1"


def load_scenarios(path: Path, rules: RuleSet, class_names: tuple[str, ...]) -> tuple[Scenario, ...]:
    """class_names: what the detector can find. Raises RulesError for the first thing that is wrong."""
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8") if path.stat().st_size <= BYTES_MAX else None
    except OSError as error:
        raise RulesError(file, 1, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RulesError(file, 1, "not UTF-8: save the file as UTF-8") from error
    if text is None:
        raise RulesError(file, 1, f"more than {BYTES_MAX} bytes: that is no file of scenarios")
    return parse_scenarios(file, text, rules, class_names)


def parse_scenarios(file: str, text: str, rules: RuleSet, class_names: tuple[str, ...]) -> tuple[Scenario, ...]:
    """file: as errors call it. Raises RulesError."""
    top = read_yaml(file, text)
    keys = top.mapping(("version", "fps", "frame_px", "sizes", "scenarios"))
    if "version" not in keys:
        top.fail(f"version is missing: the file starts with `version: {VERSION}`")
    if keys["version"].raw_text() != str(VERSION):
        keys["version"].fail(f"version {keys['version'].raw_text()} is not known: version: {VERSION} is")
    if "scenarios" not in keys:
        top.fail("scenarios is missing: a file without them tests nothing")
    entries = list(keys["scenarios"].items())
    if not 1 <= len(entries) <= SCENARIOS_MAX:
        keys["scenarios"].fail(f"scenarios: 1 to {SCENARIOS_MAX} are wanted, not {len(entries)}")
    reader = _Reader(keys, rules, class_names)
    scenarios: dict[str, Scenario] = {}
    for entry in entries:
        scenario = reader.scenario(entry)
        if scenario.name in scenarios:
            entry.fail(f"scenario {scenario.name} stands twice: give one another name")
        scenarios[scenario.name] = scenario
    return tuple(scenarios.values())


class _Reader:
    """What the scenarios of one file have in common."""

    def __init__(self, keys: dict[str, Value], rules: RuleSet, class_names: tuple[str, ...]) -> None:
        self._rules = {rule.rule_id: rule for rule in rules.rules}
        self._cameras = rules.cameras
        self._fps = keys["fps"].number(0.1, 100) if "fps" in keys else FPS
        self._frame_px = _frame_px(keys["frame_px"]) if "frame_px" in keys else FRAME_PX
        sizes = keys["sizes"].mapping((*class_names, OBJECT)) if "sizes" in keys else {}
        self._actors = ActorReader(class_names, {class_name: read_size(value) for class_name, value in sizes.items()})

    def scenario(self, entry: Value) -> Scenario:
        keys = entry.mapping((
            "name", "rule", "case", "why", "through", "camera", "start", "fps", "length_s", "frame_px", "silence",
            "ends", "tolerance_s", "tracks", "expect",
        ))  # fmt: skip
        for key in ("name", "why", "tracks", "expect"):
            if key not in keys:
                entry.fail(f"{key} is missing: every scenario has it")
        width_px, height_px = _frame_px(keys["frame_px"]) if "frame_px" in keys else self._frame_px
        actors = self._actors.actors(keys["tracks"])
        last_s = max((actor.way[-1].t_s for actor in actors), default=0.0)
        rule = self._rule(keys["rule"]) if "rule" in keys else None
        scenario = Scenario(
            name=keys["name"].slug(),
            line=entry.line,
            why=keys["why"].raw_text(),
            rule_id=rule.rule_id if rule else None,
            case=cast("Case", keys["case"].choice(get_args(Case))) if "case" in keys else None,
            through=cast("Through", keys["through"].choice(get_args(Through))) if "through" in keys else "tracks",
            camera_id=keys["camera"].slug() if "camera" in keys else next(iter(self._cameras), CAMERA),
            start=_start(keys["start"]) if "start" in keys else START,
            fps=keys["fps"].number(0.1, 100) if "fps" in keys else self._fps,
            length_s=keys["length_s"].number(0, LENGTH_S_MAX) if "length_s" in keys else last_s,
            width_px=width_px,
            height_px=height_px,
            actors=actors,
            silence=read_spans(keys["silence"]) if "silence" in keys else (),
            ends=cast("CloseReason", keys["ends"].choice(get_args(CloseReason))) if "ends" in keys else "ended",
            tolerance_s=keys["tolerance_s"].number(0, 60) if "tolerance_s" in keys else 0.0,
            expected=(),
        )
        self._check(entry, keys, scenario, last_s)
        expected = tuple(self._expected(item, scenario) for item in keys["expect"].items())
        if scenario.case is not None and (scenario.case == "positive") != bool(expected):
            keys["expect"].fail(f"case: {scenario.case} " + ("expects none" if expected else "expects an incident"))
        return replace(scenario, expected=expected)

    def _check(self, entry: Value, keys: dict[str, Value], scenario: Scenario, last_s: float) -> None:
        if scenario.length_s < last_s:
            keys["length_s"].fail(f"length_s: {scenario.length_s:g} is over before a track is, at {last_s:g} s")
        if scenario.length_s * scenario.fps > FRAMES_MAX:
            entry.fail(f"more than {FRAMES_MAX} frames: a shorter scenario, or a smaller fps")
        if not scenario.times_s():
            entry.fail("silence: the camera never sends anything")
        if scenario.through == "tracker":
            if any(actor.class_name == OBJECT for actor in scenario.actors):
                keys["through"].fail("through: tracker knows no objects, a background model finds them: write tracks")
            return
        for actor in scenario.actors:
            if (lost_s := scenario.lost_for_s(actor)) > FORGOTTEN_S + ROUNDING_S:
                keys["tracks"].fail(
                    f"track {actor.track_id} is not seen for {lost_s:g} s: after {FORGOTTEN_S:g} s a track has ended, "
                    "so write what comes back as another track"
                )

    def _rule(self, value: Value) -> Rule:
        word = value.raw_text()
        if word not in self._rules:
            value.fail(f"rule {word} is not in the rules: {right_word(word, list(self._rules))}")
        if not self._rules[word].enabled:
            value.fail(f"rule {word} is off: write `enabled: true` in it")
        return self._rules[word]

    def _expected(self, entry: Value, scenario: Scenario) -> Expected:
        keys = entry.mapping((
            "rule", "zone", "line", "type", "first_seen", "opened", "last_seen", "closed", "close_reason", "subjects",
            "attributes",
        ))  # fmt: skip
        for key in ("opened", "closed", "subjects"):
            if key not in keys:
                entry.fail(f"{key} is missing: every expected incident has it")
        if "rule" not in keys and scenario.rule_id is None:
            entry.fail("rule is missing: name the rule, here or for the whole scenario")
        rule = self._rule(keys["rule"]) if "rule" in keys else self._rules[scenario.rule_id or ""]
        for key, right in (("zone", rule.place_id), ("line", rule.place_id), ("type", rule.type_id)):
            if key in keys and keys[key].raw_text() != right:
                keys[key].fail(f"{key}: rule {rule.rule_id} can only report {right}")
        times = {
            key: keys[key].number(0, LENGTH_S_MAX)
            for key in ("opened", "closed", "first_seen", "last_seen")
            if key in keys
        }
        reason = keys["close_reason"].choice(get_args(CloseReason)) if "close_reason" in keys else "ended"
        attributes = keys["attributes"].mapping() if "attributes" in keys else {}
        return Expected(
            rule_id=rule.rule_id,
            place_id=rule.place_id,
            type_id=rule.type_id,
            opened_s=times["opened"],
            closed_s=times["closed"],
            subjects=tuple(sorted(item.integer(1) for item in keys["subjects"].items())),
            close_reason=cast("CloseReason", reason),
            first_seen_s=times.get("first_seen"),
            last_seen_s=times.get("last_seen"),
            attributes={
                int(track) if track.isdecimal() else value.fail(f"attributes: {track} is no track"): {
                    name: state.choice(("present", "absent", "unclear")) for name, state in value.mapping().items()
                }
                for track, value in attributes.items()
            },
        )


def _frame_px(value: Value) -> tuple[int, int]:
    sides = [side.integer(1) for side in value.items()]
    if len(sides) != 2:
        value.fail("frame_px: [width, height] is wanted")
    return sides[0], sides[1]


def _start(value: Value) -> datetime:
    word = value.raw_text()
    try:
        start = datetime.fromisoformat(word)
    except ValueError:
        value.fail(f"start: {word} is no time: write 2026-03-02 09:00:00, the box's own time")
    if start.tzinfo is not None:
        value.fail(f"start: {word} has a zone: write the box's own time, without one")
    return start
