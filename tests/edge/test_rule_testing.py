"""`xunjian edge test-rules` on the command line."""

import json
import shutil
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.rules.pack import pack_names, rules_file, scenarios_beside


def own_rules(folder: Path) -> Path:
    rules = folder / "mine.yaml"
    shutil.copy(rules_file("capacity"), rules)
    shutil.copy(scenarios_beside(rules_file("capacity")), folder / "mine.scenarios.yaml")
    return rules


def test_without_a_name_all_packs_are_tested(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test-rules"]) == 0
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line.startswith("pack ")] == [f"pack {name}" for name in pack_names()]
    assert err.endswith("scenarios are as expected\n")


def test_own_rules_are_tested_by_the_scenarios_beside_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test-rules", str(own_rules(tmp_path)), "--only", "five-on-the-platform"]) == 0
    out, err = capsys.readouterr()
    *table, note = out.splitlines()[1:]
    assert [line.split() for line in table] == [
        ["scenario", "expected", "got", "ok"],
        ["five-on-the-platform", *(["crowd@platform", "15-90", "s", "#1", "#2", "#3", "#4", "#5"] * 2), "ok"],
    ]
    assert note.startswith("  in a box: rule crowd is off: AP50 of ")
    assert err == "test-rules: 1 of 1 scenarios are as expected\n"


def test_the_first_difference_is_explained_and_the_exit_status_is_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = own_rules(tmp_path)
    rules.write_text(rules.read_text(encoding="utf-8").replace("at_least: 5", "at_least: 6"), encoding="utf-8")
    assert main(["test-rules", str(rules)]) == 1
    out, err = capsys.readouterr()
    assert any(line.split()[0] == "five-on-the-platform" and line.endswith("NO") for line in out.splitlines()[2:])
    first, *rows = err.splitlines()
    assert first.startswith(
        f"{tmp_path}/mine.scenarios.yaml:6: five-on-the-platform: no incident of crowd@platform opened"
    )
    assert "x count_in_zone=5 (6)" in rows[0]
    assert rows[-1] == "test-rules: 6 of 9 scenarios are as expected"


def test_json_is_a_line_per_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test-rules", str(own_rules(tmp_path)), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 9
    assert all(line["ok"] for line in lines)
    assert lines[0]["scenario"] == "five-on-the-platform"
    assert lines[0]["got"][0]["opened_s"] == lines[0]["expected"][0]["opened_s"] == 15


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sitee"], "sitee:1: cannot be read"),
        (["mine.yaml"], "mine.yaml:1: no scenarios beside it: write mine.scenarios.yaml, or name a file"),
        (["--scenarios", "x.yaml"], "--scenarios goes with one file of rules"),
        (["site", "--only", "nothing"], "no scenario is called nothing"),
        (["site", "--scenarios", "none.yaml"], "none.yaml:1: cannot be read"),
    ],
)
def test_what_is_not_there_is_one_line(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(rules_file("capacity"), tmp_path / "mine.yaml")
    assert main(["test-rules", *words]) == 1
    err = capsys.readouterr().err
    assert message in err
    assert len(err.splitlines()) == 1
