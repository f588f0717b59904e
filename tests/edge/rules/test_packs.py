"""The packs that ship: each rule has scenarios of every sort, and all are met."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from edge.incidents.scenario import Case
from edge.rule_testing import rehearse_all
from edge.rules.attribute_absence import AttributeAbsence
from edge.rules.kinds import KINDS
from edge.rules.left_object import LeftObject
from edge.rules.pack import PACKS, pack_names, rules_file, scenarios_beside
from edge.rules.rule import Rule
from edge.rules.rules_file import load_rules
from models.registry import find_package

MEASURED_OF = ("detector-14", 3)
AP50 = {  # on test at 320 px, boxes drawn by people, beside the goal: docs/detector.md
    "person": (".848", ".92"), "motorcycle": (".825", ".90"), "car": (".754", ".85"), "helmet": (".760", ".85"),
    "bare_head": (".528", ".70"), "vest": (".762", ".78"), "no_vest": (".835", ".80"), "fire": (".485", ".62"),
    "smoke": (".368", ".50"), "plate": (".749", ".88"), "garbage": (".765", ".85"),
}  # fmt: skip
LEAST: dict[Case, int] = {"positive": 3, "negative": 3, "exempt": 2}


@pytest.mark.parametrize("name", pack_names())
def test_a_pack_finds_what_its_scenarios_say_and_nothing_else(name: str) -> None:
    rules = rules_file(name)
    done = rehearse_all(rules, scenarios_beside(rules))
    assert not {one.scenario.name: one.difference for one in done if not one.passed}
    card = find_package().card
    cases = Counter((one.scenario.rule_id, one.scenario.case) for one in done)
    for rule in load_rules(rules, card.classes, card.name, rehearsed=True).rules:
        missing = {case: cases[rule.rule_id, case] for case in LEAST if cases[rule.rule_id, case] < LEAST[case]}
        assert not missing, f"{name}: {rule.rule_id} has too few of these"
    assert all(len(one.scenario.why) > 15 for one in done)


def below_goal(rule: Rule) -> str:
    """What `off_because` has to say; empty where every class that has a goal reaches it."""
    if isinstance(rule, LeftObject):  # what it finds has no class
        return ""
    needed = list(rule.classes)
    if isinstance(rule, AttributeAbsence):
        needed += [rule.present, rule.absent]
    below = [(name, *AP50[name]) for name in needed if name in AP50 and float(AP50[name][0]) < float(AP50[name][1])]
    figures = "; ".join(f"{name} {ap}, goal {goal}" for name, ap, goal in below)
    return f"AP50 of {MEASURED_OF[0]}: {figures}" if figures else ""


@pytest.mark.parametrize("name", pack_names())
def test_a_rule_is_off_where_the_shipped_detector_is_below_its_goal_and_says_the_figures(name: str) -> None:
    card = find_package().card
    assert (card.name, card.version) == MEASURED_OF, "another detector ships: put its AP50 here and in the packs"
    written = {one["id"]: one for one in yaml.safe_load(rules_file(name).read_text(encoding="utf-8"))["rules"]}
    rules = load_rules(rules_file(name), card.classes, card.name, rehearsed=True)
    for rule in rules.rules:
        entry, figures = written[rule.rule_id], below_goal(rule)
        assert bool(figures) == (entry.get("enabled") is False), rule.rule_id
        assert entry.get("off_because", "") == figures, rule.rule_id


def test_every_kind_of_rule_is_in_a_pack() -> None:
    card = find_package().card
    packs = [load_rules(rules_file(name), card.classes, card.name, rehearsed=True) for name in pack_names()]
    kinds = {rule.kind for pack in packs for rule in pack.rules}
    assert kinds == set(KINDS)


def test_every_file_of_a_pack_is_one_of_a_pair() -> None:
    assert {path.name for path in PACKS.iterdir()} == {
        file.name for name in pack_names() for file in (rules_file(name), scenarios_beside(rules_file(name)))
    }


@pytest.mark.parametrize(
    ("written", "instead", "scenario"),
    [
        ("dwell_s: 1.0", "dwell_s: 1.2", "walks-in"),
        ("dwell_s: 1.0", "dwell_s: 0.1", "passes-by"),
        ("permitted: [gatehouse]", "permitted: []", "guard-at-the-gate"),
        ("    schedule:", "    gap_s: 0.2\n    schedule:", "detector-flickers"),
        ("    schedule:", "    merge_s: 1\n    schedule:", "track-is-lost-and-found"),
        ("    schedule:", "    cool_down_s: 10\n    schedule:", "comes-back"),
        ("make_up_days: [2026-10-10]", "make_up_days: []", "make-up-day"),
        ("2026-10-01, ", "", "public-holiday"),
        ("kind: mask", "kind: permitted", "behind-the-mask"),
        ("[[0.30, 0.40], [0.90, 0.40]", "[[0.20, 0.40], [0.90, 0.40]", "head-over-the-yard"),
    ],
)
def test_a_rule_that_is_changed_fails_the_scenario_about_it(
    tmp_path: Path, written: str, instead: str, scenario: str
) -> None:
    """Else the scenarios would agree with anything."""
    text = rules_file("site").read_text(encoding="utf-8")
    assert written in text
    changed = tmp_path / "site.yaml"
    changed.write_text(text.replace(written, instead, 1), encoding="utf-8")
    (done,) = rehearse_all(changed, scenarios_beside(rules_file("site")), only=scenario)
    assert not done.passed
