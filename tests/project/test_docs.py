"""Documents are kept true: commands parse, links lead somewhere, both languages say the same."""

import argparse
import importlib
import re
import shlex
from pathlib import Path
from typing import Any, Never

import pytest
import yaml

from edge.incidents.rehearsal import rehearse
from edge.incidents.scenario_file import parse_scenarios
from edge.rules.pack import rules_file
from edge.rules.rules_file import DEFAULT_RULES, load_rules, parse_rules
from models.registry import find_package
from tests.project.documents import blocks, documents, links, shell_commands
from tests.project.sources import ROOT, text
from xunjian import PARTS

README, README_ZH = Path("README.md"), Path("README.zh-CN.md")
COMMANDS = sorted(
    {
        command
        for path in documents()
        for command in shell_commands(path)
        if re.match(r"(\w+=\S+ )*(\.venv/bin/)?xunjian ", command)
    }
)


class ParsedError(Exception):
    """Parsing went well; the command itself is not to run."""


def parse(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the part's own parser, which stops right after it. Raises SystemExit for what it does not know."""
    words = shlex.split(command)
    words = words[next(index for index, word in enumerate(words) if word.endswith("xunjian")) :]
    original = argparse.ArgumentParser.parse_args

    def stop(self: argparse.ArgumentParser, *arguments: Any, **options: Any) -> Never:
        original(self, *arguments, **options)
        raise ParsedError

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", stop)
    importlib.import_module(PARTS[words[1]][0]).main(words[2:])
    raise AssertionError(f"{command!r} ran without parsing its arguments")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_in_the_documents_is_one_that_exists(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ParsedError):
        parse(command, monkeypatch)


@pytest.mark.parametrize("command", ["xunjian models lsit", "xunjian models pull --form DIR name"])
def test_a_command_that_does_not_exist_is_noticed(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        parse(command, monkeypatch)


@pytest.mark.parametrize("path", documents(), ids=str)
def test_links_lead_to_files_that_are_there(path: Path) -> None:
    assert not [target for target in links(path) if not (ROOT / path.parent / target).exists()]


@pytest.mark.parametrize("path", documents(), ids=str)
def test_make_targets_in_the_documents_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(Path("Makefile")), re.MULTILINE))
    used = {command.split()[1] for command in shell_commands(path) if re.match(r"make [a-z]", command)}
    assert used <= targets


def test_both_readmes_show_the_same_commands_and_rules() -> None:
    assert list(shell_commands(README)) == list(shell_commands(README_ZH))
    rules, rules_zh = ([yaml.safe_load(block) for block in blocks(path, "yaml")] for path in (README, README_ZH))
    assert rules == rules_zh


def test_every_guide_and_decision_is_linked_from_a_page_above_it() -> None:
    linked = {(path.parent / target) for path in documents() for target in links(path)}
    guides = [path for path in documents() if path.parts[0] == "docs" and path.parts[1] != "adr"]
    assert not [str(path) for path in guides if path not in linked]


def test_decisions_are_numbered_once_and_say_what_keeps_them() -> None:
    decisions = [path for path in documents() if path.parts[:2] == ("docs", "adr")]
    numbers = [path.name[:4] for path in decisions]
    assert len(set(numbers)) == len(numbers)
    for path in decisions:
        for heading in ("**Context.**", "**Decision.**", "**Consequences.**", "**Alternatives.**", "**Kept by**"):
            assert heading in text(path), f"{path} has no {heading}"


def rules_in_documents() -> dict[str, str]:
    shown = {
        f"{path}, block {number}": block
        for path in documents()
        for number, block in enumerate(blocks(path, "yaml"), start=1)
        if block.startswith("version: 1") and "\nscenarios:" not in block
    }
    files = [*sorted((ROOT / "docs/examples").glob("rules-*.yaml")), DEFAULT_RULES]
    return shown | {file.name: file.read_text(encoding="utf-8") for file in files}


@pytest.mark.parametrize("where", rules_in_documents())
def test_rules_in_the_documents_are_rules_for_the_shipped_detector(where: str) -> None:
    package = find_package(None)
    read = parse_rules(where, rules_in_documents()[where], package.card.classes, package.card.name)
    assert read.rules


def test_the_scenario_in_the_documents_is_met_by_the_pack_it_is_from() -> None:
    card = find_package(None).card
    rules = load_rules(rules_file("site"), card.classes, card.name, rehearsed=True)
    shown = [block for block in blocks(Path("docs/test-rules.md"), "yaml") if "\nscenarios:" in block]
    scenarios = [one for text in shown for one in parse_scenarios("docs/test-rules.md", text, rules, card.classes)]
    assert scenarios
    assert not [rehearsal for one in scenarios if not (rehearsal := rehearse(one, rules, card.classes)).passed]


def test_the_demo_has_rules_for_each_of_its_clips() -> None:
    package = find_package(None)
    for name, camera in (("rules-vtest.yaml", "campus"), ("rules-yard.yaml", "yard")):
        read = load_rules(ROOT / "docs/examples" / name, package.card.classes, package.card.name, {camera})
        assert len(read.rules) >= 3
