"""What a rules file may say, and what it is told when it says something else: file, line, and what would be right."""

from datetime import date
from pathlib import Path

import pytest

from edge.rules.count import Count
from edge.rules.errors import RulesError
from edge.rules.line_crossing import LineCrossing
from edge.rules.rule_set import RuleSet
from edge.rules.rules_file import DEFAULT_RULES, load_rules, parse_rules
from edge.rules.schedule import ALL_DAY, Window
from edge.rules.stationary import Stationary
from edge.rules.zone import FRAME
from edge.rules.zone_presence import ZonePresence

CLASSES = ("person", "bicycle", "motorcycle", "car", "bus", "truck", "fire", "smoke", "helmet", "bare_head")
GOOD = """\
version: 1
zones:
  table:     {cameras: [hall_1], polygon: [[0.35, 0.50], [0.75, 0.50], [0.75, 1.00], [0.35, 1.00]]}
  fire_lane: {cameras: [yard_1], kind: watch, anchor: center, polygon: [[0.0, 0.6], [1.0, 0.6], [1.0, 1.0], [0.0, 1.0]]}
  bay:       {cameras: [yard_1], kind: permitted, polygon: [[0.0, 0.6], [0.2, 0.6], [0.2, 1.0]]}
  window:    {kind: mask, polygon: [[0.0, 0.0], [0.2, 0.0], [0.2, 0.2]]}
lines:
  gate:      {cameras: [yard_1], points: [[0.10, 0.50], [0.90, 0.50]], direction: up}
rules:
  - {id: intrusion-table, type: site.intrusion, kind: zone_presence, zone: table, classes: [person], dwell_s: 1.0}
  - {id: parked, type: traffic.illegal_parking, kind: stationary, zone: fire_lane, classes: [car, truck], dwell_s: 60,
     gap_s: 2, min_score: 0.3, cool_down_s: 120, merge_s: 5, severity: alert, permitted: [bay]}
  - {id: wrong-way, type: traffic.wrong_way, kind: line_crossing, line: gate, classes: [motorcycle, bicycle, car]}
  - {id: crowd, type: safety.overcrowding, kind: count, zone: frame, classes: [person], at_least: 12, dwell_s: 10}
  - {id: fire, type: fire.flame, kind: presence, zone: frame, classes: [fire]}
"""


def parse(text: str, cameras: tuple[str, ...] | None = None) -> RuleSet:
    return parse_rules("rules.yaml", text, CLASSES, "detector-14", cameras)


def one_rule(fields: str, places: str = "") -> str:
    return f"version: 1\n{places}rules:\n  - {{{fields}}}\n"


def intrusion(more: str = "", zone: str = "frame") -> str:
    return f"id: a, type: site.intrusion, kind: zone_presence, zone: {zone}, classes: [person]" + more


def test_the_example_of_the_contract_is_understood() -> None:
    rules = {rule.rule_id: rule for rule in parse(GOOD).rules}
    intrusion_table, parked, wrong_way, crowd = (
        rules[name] for name in ("intrusion-table", "parked", "wrong-way", "crowd")
    )
    assert isinstance(intrusion_table, ZonePresence)
    assert (intrusion_table.dwell_s, intrusion_table.gap_s, intrusion_table.cool_down_s) == (1.0, 0.5, 60.0)
    assert (intrusion_table.merge_s, intrusion_table.min_score, intrusion_table.severity) == (3.0, 0.0, "alert")
    assert isinstance(parked, Stationary)
    assert (parked.gap_s, parked.min_score, parked.cool_down_s, parked.merge_s) == (2.0, 0.3, 120.0, 5.0)
    assert (parked.severity, [zone.zone_id for zone in parked.permitted]) == ("alert", ["bay"])
    assert parked.place.anchor == "center"
    assert isinstance(wrong_way, LineCrossing)
    assert wrong_way.place.direction == "up"
    assert isinstance(crowd, Count)
    assert crowd.place == FRAME


def test_a_camera_gets_the_rules_of_its_zones_and_lines_and_those_of_the_whole_picture() -> None:
    rules = parse(GOOD)
    assert [rule.rule_id for rule in rules.for_camera("hall_1")] == ["intrusion-table", "fire"]
    assert [rule.rule_id for rule in rules.for_camera("yard_1")] == ["parked", "wrong-way", "fire"]
    assert [rule.rule_id for rule in rules.for_camera("elsewhere")] == ["fire"]
    assert rules.cameras == ("hall_1", "yard_1")


def test_privacy_masks_reach_every_rule_and_whoever_draws_pictures() -> None:
    rules = parse(GOOD)
    assert [zone.zone_id for zone in rules.masks("hall_1")] == ["window"]
    assert all([zone.zone_id for zone in rule.masks] == ["window"] for rule in rules.rules)


def test_what_is_off_by_default_is_off_and_says_so() -> None:
    rules = parse(GOOD)
    assert not next(rule for rule in rules.rules if rule.rule_id == "crowd").enabled
    assert rules.notes == (
        "rule crowd is off: safety.overcrowding is off by default; write `enabled: true` in the rule to use it",
    )
    assert parse(GOOD.replace("at_least: 12", "at_least: 12, enabled: true")).notes == ()


def test_a_rule_s_version_changes_with_the_rule_or_its_zone_and_with_nothing_else() -> None:
    before = {rule.rule_id: rule.version for rule in parse(GOOD).rules}
    same = {
        rule.rule_id: rule.version for rule in parse(GOOD.replace("dwell_s: 1.0}", "dwell_s: 1, gap_s: 0.50}")).rules
    }
    assert same == before  # written otherwise, meaning the same
    zone = {rule.rule_id: rule.version for rule in parse(GOOD.replace("0.35, 0.50", "0.36, 0.50")).rules}
    assert {name for name in before if zone[name] != before[name]} == {"intrusion-table"}
    bay = {rule.rule_id: rule.version for rule in parse(GOOD.replace("[0.2, 0.6]", "[0.3, 0.6]")).rules}
    assert {name for name in before if bay[name] != before[name]} == {"parked"}
    dwell = parse(GOOD.replace("dwell_s: 60", "dwell_s: 61"))
    assert {rule.rule_id for rule in dwell.rules if rule.version != before[rule.rule_id]} == {"parked"}
    assert dwell.version != parse(GOOD).version
    assert all(len(version) == 12 for version in before.values())


def test_a_schedule_has_days_windows_and_holidays() -> None:
    schedule = """, schedule: {weekly: {mon-fri: ["08:00-12:00", "13:00-18:00"], sat: ["22:00-06:00"],
       holiday: ["00:00-24:00"]}, holidays: [2026-10-01]}"""
    (rule,) = parse(one_rule(intrusion(schedule))).rules
    assert rule.schedule.weekly[0] == rule.schedule.weekly[4] == (Window(480, 720), Window(780, 1080))
    assert rule.schedule.weekly[5:] == ((Window(1320, 360),), ())
    assert rule.schedule.holiday == (ALL_DAY,)
    assert rule.schedule.holidays == {date(2026, 10, 1)}


def test_holidays_alone_leave_the_other_days_on_duty() -> None:
    (rule,) = parse(one_rule(intrusion(", schedule: {holidays: [2026-10-01]}"))).rules
    assert rule.schedule.weekly == ((ALL_DAY,),) * 7
    assert rule.schedule.holiday == ()


def test_the_default_rules_are_for_any_camera() -> None:
    rules = load_rules(DEFAULT_RULES, CLASSES, "detector-14", ("anything",))
    person, vehicle = rules.for_camera("anything")
    assert (person.type_id, person.kind, person.own_parameters()["dwell_s"]) == ("site.intrusion", "zone_presence", 2.0)
    assert (vehicle.type_id, vehicle.kind) == ("traffic.illegal_parking", "stationary")
    assert vehicle.own_parameters()["dwell_s"] == 10.0


BOX_CROSSING = "zones:\n  z: {polygon: [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]}\n"
GATE = "lines:\n  gate: {points: [[0.1, 0.5], [0.9, 0.5]]}\n"
MASK = "zones:\n  z: {kind: mask, polygon: [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]}\n"
PLAIN = "zones:\n  z: {polygon: [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]}\n"

BAD = {
    # The file as a whole
    "": "1: the file is empty: it starts with `version: 1`",
    "rules: [": "1: not YAML: expected the node content, but found '<stream end>'",
    "version: 1\nrules:\n\t- a": "3: not YAML: found character '\\t' that cannot start any token",
    "version: 1\n--- \nversion: 1": "2: not YAML: but found another document",
    "version: \x00": "1: not YAML: the character 0 may not stand here",
    "- 1": "1: the file: key: value pairs are wanted here",
    "zones: {}": "1: version is missing: the file starts with `version: 1`",
    "version: 2": "1: version 2 is not known: version: 1 is",
    "version: 1": "1: rules is missing: a file without rules finds nothing",
    "version: 1\nrules: []": "2: rules: 1 to 200 rules are wanted, not 0",
    "version: 1\nrule: []": "2: unknown key rule in the file: is rules meant?",
    "version: 1\nversion: 1": "2: version stands twice in the file: keep one",
    # Zones
    f"version: 1\n{BOX_CROSSING}": "3: zone z: the polygon crosses itself (edges 1 and 3): list the corners in order"
    " around the zone",
    "version: 1\nzones:\n  z: {polygon: [[0, 0], [640, 0], [640, 480]]}": "3: zone z: point 2 [640, 0] is outside the"
    " picture: coordinates are 0 to 1, not pixels",
    "version: 1\nzones:\n  z: {polygon: [[0, 0], [1, 0], [1]]}": "3: polygon: a point is [x, y], not 1 numbers",
    "version: 1\nzones:\n  z: {polygon: [[0, 0], [1, 0], [1, o]]}": "3: polygon: o does not do: a number is wanted",
    "version: 1\nzones:\n  z: {kind: watch}": "3: zone z has no polygon: write `polygon: [[x, y], [x, y], [x, y]]`,"
    " each 0 to 1",
    "version: 1\nzones:\n  z: {kind: forbidden}": "3: zone z has no polygon: write `polygon: [[x, y], [x, y], [x, y]]`,"
    " each 0 to 1",
    "version: 1\n" + PLAIN.replace("{polygon", "{kind: forbidden, polygon"): "3: kind: forbidden is not known: there is"
    " watch, permitted, mask",
    "version: 1\n" + PLAIN.replace("{polygon", "{anchor: feet, polygon"): "3: anchor: feet is not known: there is"
    " bottom_center, center",
    "version: 1\n" + PLAIN.replace("{polygon", "{polygons"): "3: unknown key polygons in z: is polygon meant?",
    "version: 1\n" + PLAIN.replace("z:", "Z:"): "3: Z: 'Z' cannot be an id: small letters, digits, - and _, at most 63",
    "version: 1\n" + PLAIN.replace("z:", "frame:"): "3: zone frame is there already, it is the whole picture: give this"
    " one another name",
    "version: 1\n" + PLAIN.replace("{polygon", "{cameras: [no], polygon"): "3: cameras: no is not a text in YAML: write"
    ' "no" with quotes',
    # Lines
    "version: 1\nlines:\n  gate: {points: [[0, 0], [1, 0], [1, 1]]}": "3: line gate: a line has 2 points, not 3",
    "version: 1\nlines:\n  gate: {points: [[0, 0], [0, 0]]}": "3: line gate: both points are the same: a line needs two"
    " different ones",
    "version: 1\n" + GATE.replace("]]}", "]], direction: upp}"): "3: direction: upp is not known: is up meant?",
    "version: 1\n" + PLAIN + GATE.replace("gate", "z"): "5: z is a zone as well: give the line another name",
    # Rules
    one_rule("id: a"): "3: kind is missing: there is zone_presence, stationary, line_crossing, count, presence,"
    " attribute_absence, left_object",
    one_rule("id: a, kind: zone_presense"): "3: kind: zone_presense is not known: is zone_presence meant?",
    one_rule("id: a, kind: zone_presence"): "3: type is missing: a rule of kind zone_presence needs it",
    one_rule(intrusion(", dwel_s: 1")): "3: unknown key dwel_s in rules: is dwell_s meant?",
    one_rule(intrusion(", at_least: 1")): "3: unknown key at_least in rules",
    one_rule(intrusion().replace("site.intrusion", "site.intrusionn")): "3: type site.intrusionn is not in the"
    " catalogue: is site.intrusion meant?",
    one_rule(
        intrusion(zone="tabel"), PLAIN.replace("z:", "table:")
    ): "5: zone tabel is not in the file: is table meant?",
    one_rule(intrusion(zone="z"), MASK): "5: zone z is of kind mask: a rule looks at a zone of kind watch",
    one_rule(
        intrusion(", permitted: [z]"), PLAIN
    ): "5: permitted: zone z is of kind watch: write `kind: permitted` in it",
    one_rule(intrusion(", permitted: [y]"), PLAIN): "5: permitted: zone y is not in the file",
    one_rule(intrusion().replace("[person]", "[person, hat]")): "3: class hat: the model package detector-14 has"
    " not got it, it has person, bicycle, motorcycle, car, bus, truck, fire, smoke, helmet, bare_head",
    one_rule(intrusion().replace("[person]", "[]")): "3: classes: name at least one class",
    one_rule(intrusion().replace("[person]", "person")): "3: classes: a list is wanted here",
    one_rule(intrusion(", dwell_s: -1")): "3: dwell_s: -1 does not do: a number from 0 to 604800 is wanted",
    one_rule(intrusion(", gap_s: -0.5")): "3: gap_s: -0.5 does not do: a number from 0 to 604800 is wanted",
    one_rule(intrusion(", cool_down_s: .inf")): "3: cool_down_s: .inf does not do: a number from 0 to 604800 is wanted",
    one_rule(intrusion(", merge_s: 3 s")): "3: merge_s: 3 s does not do: a number from 0 to 604800 is wanted",
    one_rule(intrusion(", min_score: 30")): "3: min_score: 30 does not do: a number from 0 to 1 is wanted",
    one_rule(intrusion(", dwell_s: 1:30")): "3: dwell_s: 1:30 does not do: a number from 0 to 604800 is wanted",
    one_rule(intrusion(", severity: high")): "3: severity: high is not known: there is safety, alert, lead",
    one_rule(intrusion(", enabled: maybe")): "3: enabled: true or false is wanted",
    one_rule(intrusion(", enabled: false")): "3: no rule is enabled: write `enabled: true` in one",
    one_rule(intrusion().replace("id: a", "id: A b")): "3: id: 'A b' cannot be an id: small letters, digits, - and _,"
    " at most 63",
    one_rule(intrusion().replace("id: a", "id: 12")): '3: id: 12 is not a text in YAML: write "12" with quotes',
    one_rule(intrusion()) + "  - {" + intrusion() + "}": "4: rule a stands twice: give one another id",
    one_rule(intrusion(", line: gate"), GATE): "5: unknown key line in rules",
    one_rule("id: a, type: traffic.wrong_way, kind: line_crossing, zone: frame"): "3: unknown key zone in rules",
    one_rule("id: a, type: traffic.wrong_way, kind: line_crossing, line: gat, classes: [car]", GATE): "5: line gat is"
    " not in the file: is gate meant?",
    one_rule("id: a, type: traffic.wrong_way, kind: line_crossing, line: gate, classes: [car]"): "3: line gate is not"
    " in the file: the file has none",
    one_rule("id: a, type: site.loitering, kind: stationary, zone: frame, classes: [car]"): "3: dwell_s is missing: for"
    " how many seconds something has to stand still",
    one_rule("id: a, type: site.loitering, kind: count, zone: frame, classes: [car]"): "3: at_least is missing: from"
    " how many on",
    one_rule("id: a, type: site.loitering, kind: count, zone: frame, classes: [car], at_least: 0"): "3: at_least: 0"
    " does not do: a whole number of at least 1 is wanted",
    one_rule("id: a, type: safety.overcrowding, kind: count, zone: frame, classes: [person], at_least: 3"): "3: no rule"
    " is enabled: rule a is off: safety.overcrowding is off by default; write `enabled: true` in the rule to use it",
    # Schedules
    one_rule(intrusion(", schedule: {weekly: {someday: []}}")): "3: weekly: someday is no day: write mon, mon-fri (mon"
    " tue wed thu fri sat sun) or holiday",
    one_rule(intrusion(", schedule: {weekly: {mon: [8-18]}}")): '3: weekly: 8-18 is no window: write "08:00-18:00", or'
    ' "22:00-06:00" past midnight',
    one_rule(intrusion(", schedule: {weekly: {mon-fri: [], tue: []}}")): "3: weekly: tue stands twice: keep one",
    one_rule(intrusion(", schedule: {holidays: [2026-13-01]}")): "3: holidays: 2026-13-01 is no day: write 2026-10-01",
    one_rule(
        intrusion(", schedule: {weekdays: {}}")
    ): "3: unknown key weekdays in schedule: there is weekly, holidays, make_up_days",
}


@pytest.mark.parametrize(("text", "message"), BAD.items(), ids=[message[:60] for message in BAD.values()])
def test_a_bad_file_is_told_the_line_and_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse(text)
    said = str(caught.value)
    assert said.startswith(f"rules.yaml:{message}")
    assert "\n" not in said


def test_a_file_for_other_cameras_is_refused_and_says_which() -> None:
    hall_only = one_rule(intrusion(zone="z"), PLAIN.replace("{polygon", "{cameras: [hall_1, hall_2], polygon"))
    parse(hall_only, ("hall_2",))
    parse(hall_only, None)
    with pytest.raises(RulesError) as caught:
        parse(hall_only, ("gate_1",))
    assert str(caught.value) == (
        "rules.yaml:5: no rule is for a camera of this box (gate_1), the zones name hall_1, hall_2: write"
        " `cameras: [gate_1]` in a zone, or leave `cameras` out for all"
    )


def test_a_file_that_cannot_be_read_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="cannot be read: No such file"):
        load_rules(tmp_path / "none.yaml", CLASSES, "detector-14")
    with pytest.raises(RulesError, match="cannot be read: Is a directory"):
        load_rules(tmp_path, CLASSES, "detector-14")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("version: 1\n# Straße".encode("latin-1"))
    with pytest.raises(RulesError, match=r"latin\.yaml:2: not UTF-8"):
        load_rules(latin, CLASSES, "detector-14")
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"#" * 300_000)
    with pytest.raises(RulesError, match="that is not a rules file"):
        load_rules(huge, CLASSES, "detector-14")


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "&a [*a, *a]", "version: 1\nrules: &r [*r]", "? [a]\n: b"])
def test_no_text_makes_anything_but_a_rules_error(text: str) -> None:
    with pytest.raises(RulesError):
        parse(text)


SCORES = {"person": 0.35, "car": 0.5, "truck": 0.4}


def test_a_rule_without_a_score_takes_what_the_package_says_of_each_class() -> None:
    rules = {rule.rule_id: rule for rule in parse_rules("rules.yaml", GOOD, CLASSES, "small", scores=SCORES).rules}
    assert rules["intrusion-table"].score_needed("person") == 0.35
    assert rules["wrong-way"].score_needed("car") == 0.5
    assert rules["wrong-way"].score_needed("bicycle") == 0.0, "the package says nothing of it"
    assert rules["wrong-way"].parameters()["min_score"] == {"car": 0.5}
    assert rules["parked"].score_needed("car") == 0.3, "the rule says its own"
    assert rules["parked"].parameters()["min_score"] == 0.3


def test_a_rule_judged_by_other_scores_is_another_version() -> None:
    one, other = (parse_rules("rules.yaml", GOOD, CLASSES, "small", scores=scores) for scores in (SCORES, {}))
    assert one.version != other.version
    assert other.version == parse(GOOD).version
