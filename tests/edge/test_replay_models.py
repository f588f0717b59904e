"""A replay with another package than the shipped one: its classes, its scores, its name in the report."""

import json
from pathlib import Path

import pytest

from edge.__main__ import main
from models.__main__ import main as models_main
from tests.data import data

RULES = """
version: 1
rules:
  - {id: people, type: site.intrusion, kind: zone_presence, zone: frame, classes: [person], dwell_s: 1.0}
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XUNJIAN_MODELS", str(tmp_path / "models"))
    path = tmp_path / "rules.yaml"
    path.write_text(RULES, encoding="utf-8")
    return path


def test_people_on_a_plaza_are_found_by_a_package_from_a_mirror(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = data("videos", "fixed", "plaza_pedestrians.mp4")
    assert models_main(["pull", "yolox-nano", "--from", str(data("weights"))]) == 0
    capsys.readouterr()
    command = ["replay", str(clip), "--rules", str(rules), "--out", str(tmp_path / "out"), "--model", "yolox-nano"]
    assert main(command) == 0
    reports = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(reports) >= 2
    for report in reports:
        assert report["versions"]["detector"]["name"] == "yolox-nano"
        assert report["rule"]["parameters"]["min_score"] == {"person": 0.35}
        assert {step["condition"] for step in report["rule"]["trace"]} >= {"score", "dwell"}


def test_a_package_that_was_not_pulled_says_how_to_get_it(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "clip.mp4"
    clip.touch()
    command = ["replay", str(clip), "--rules", str(rules), "--out", str(tmp_path / "out"), "--model", "yolox-nano"]
    assert main(command) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "xunjian models pull yolox-nano --from DIR" in error


@pytest.mark.parametrize("size", ["0", "31", "8192", "big"])
def test_a_size_that_is_none_is_a_wrong_command_line(
    size: str, rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["replay", "clip.mp4", "--rules", str(rules), "--out", str(tmp_path / "out"), "--size", size])
    assert left.value.code == 2
    assert "is not a side of 32 to 4096 px" in capsys.readouterr().err


def test_a_size_that_the_network_does_not_take_is_refused_with_those_it_does(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "clip.mp4"
    clip.touch()
    assert main(["replay", str(clip), "--rules", str(rules), "--out", str(tmp_path / "out"), "--size", "650"]) == 1
    assert "multiple of 32 from 128 to 4096" in capsys.readouterr().err
