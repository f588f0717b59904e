"""`xunjian edge test-rules`: plays scenarios to rules, without a camera and without a network."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from edge.incidents.rehearsal import Rehearsal, incident_text, rehearse
from edge.incidents.scenario import Expected
from edge.incidents.scenario_file import load_scenarios
from edge.rules.errors import RulesError
from edge.rules.pack import PACKS, pack_names, rules_file, scenarios_beside
from edge.rules.rules_file import load_rules
from models.registry import find_package

COLUMNS = ("scenario", "expected", "got", "ok")
CELL_MAX = 60


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    testing = commands.add_parser("test-rules", help="do rules find what their scenarios say, and nothing else")
    testing.add_argument(
        "rules", nargs="*", metavar="RULES|PACK", help=f"default: the packs that ship ({', '.join(pack_names())})"
    )
    testing.add_argument("--scenarios", type=Path, metavar="FILE", help="default: RULES.scenarios.yaml beside RULES")
    testing.add_argument("--only", metavar="NAME", help="this scenario alone")
    testing.add_argument("--model", metavar="NAME|DIR", help="whose classes they are; default: the shipped package")
    testing.add_argument("--json", action="store_true", help="a line per scenario")
    testing.set_defaults(run=_test_rules)


def _test_rules(arguments: argparse.Namespace) -> int:
    words = arguments.rules or list(pack_names())
    if arguments.scenarios is not None and len(arguments.rules) != 1:
        raise RulesError(str(arguments.scenarios), 1, "--scenarios goes with one file of rules: name it as well")
    failed = total = 0
    first: tuple[Path, Rehearsal] | None = None
    for word in words:
        rules = rules_file(word)
        scenarios = arguments.scenarios or (scenarios_beside(rules) if rules.is_file() else rules)
        done = rehearse_all(rules, scenarios, arguments.model, arguments.only)
        _print_lines(rules, done) if arguments.json else _print_table(rules, done, _notes(rules, arguments.model))
        total += len(done)
        failures = [rehearsal for rehearsal in done if not rehearsal.passed]
        failed += len(failures)
        first = first or next(((scenarios, failure) for failure in failures), None)
    if not total:
        raise RulesError(words[0], 1, f"--only: no scenario is called {arguments.only}")
    if first is not None:
        file, rehearsal = first
        print(f"{file}:{rehearsal.scenario.line}: {rehearsal.scenario.name}: {rehearsal.difference}", file=sys.stderr)
        print(f"why it is expected otherwise: {rehearsal.scenario.why}", file=sys.stderr)
    print(f"test-rules: {total - failed} of {total} scenarios are as expected", file=sys.stderr)
    return 1 if failed else 0


def _notes(rules: Path, model: str | None) -> tuple[str, ...]:
    card = find_package(model).card
    return load_rules(rules, card.classes, card.name, rehearsed=True).notes


def rehearse_all(rules: Path, scenarios: Path, model: str | None = None, only: str | None = None) -> list[Rehearsal]:
    """only: the one scenario of this name. Raises RulesError, ModelError."""
    card = find_package(model).card
    rule_set = load_rules(rules, card.classes, card.name, scores=card.min_score, rehearsed=True)
    classes = tuple(card.classes)
    return [
        rehearse(scenario, rule_set, classes)
        for scenario in load_scenarios(scenarios, rule_set, classes)
        if only in (None, scenario.name)
    ]


def _print_lines(rules: Path, done: Sequence[Rehearsal]) -> None:
    for one in done:
        scenario = one.scenario
        facts = {"rules": _shown(rules), "scenario": scenario.name, "rule": scenario.rule_id, "case": scenario.case}
        answer = {
            "ok": one.passed,
            "expected": [asdict(incident) for incident in scenario.expected],
            "got": [asdict(incident) for incident in one.got],
            "difference": one.difference,
        }
        print(json.dumps(facts | answer, ensure_ascii=False))


def _print_table(rules: Path, done: Sequence[Rehearsal], notes: Sequence[str]) -> None:
    if not done:
        return
    rows = [
        (one.scenario.name, _cell(one.scenario.expected), _cell(one.got), "ok" if one.passed else "NO") for one in done
    ]
    widths = [max(len(row[column]) for row in (COLUMNS, *rows)) for column in range(len(COLUMNS))]
    print(f"{_shown(rules)}")
    for row in (COLUMNS, *rows):
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for note in notes:  # scenarios say what is found, so such a rule is tried here all the same
        print(f"  in a box: {note}")


def _cell(incidents: Sequence[Expected]) -> str:
    text = "; ".join(incident_text(one) for one in incidents) or "none"
    return text if len(text) <= CELL_MAX else f"{len(incidents)} incidents"


def _shown(rules: Path) -> str:
    return f"pack {rules.stem}" if rules.parent == PACKS else str(rules)
