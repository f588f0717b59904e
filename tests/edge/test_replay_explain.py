"""`edge replay --explain`: why a rule does, or does not, make a lead of what is in the picture."""

import json
from pathlib import Path

import pytest

from edge.__main__ import main
from tests.edge.scripted_scene import Scene, write_scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return write_scene(tmp_path_factory.mktemp("scene"), ((2.0, 6.0),), length_s=8.0)


def replay(scene: Scene, out: Path, *more: str) -> int:
    files = ["--rules", str(scene.rules), "--detections", str(scene.script), "--out", str(out)]
    return main(["replay", str(scene.clip), *files, *more])


def test_each_second_every_condition_is_told_with_what_it_needs(scene: Scene, tmp_path: Path) -> None:
    told = tmp_path / "told.jsonl"
    assert replay(scene, tmp_path / "out", "--explain", "at-table", "--explain-out", str(told)) == 0
    lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    assert [line["t"] for line in lines] == [3.0, 4.0, 5.0]  # at 2 s the track is not confirmed yet
    assert [line["state"] for line in lines] == ["holding", "open", "open"]
    dwell = [{step["name"]: step for step in line["conditions"]}["dwell"] for line in lines]
    assert [(step["threshold"], step["holds"]) for step in dwell] == [(1.0, False), (1.0, True), (1.0, True)]


def test_a_condition_that_fails_is_marked(scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "rules.yaml"
    elsewhere = "[[0.0, 0.5], [0.2, 0.5], [0.2, 1.0], [0.0, 1.0]]"
    text = scene.rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("[[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]]", elsewhere), encoding="utf-8")
    assert replay(Scene(scene.clip, scene.script, rules), tmp_path / "out", "--explain", "at-table") == 0
    said = capsys.readouterr().err
    assert "none     class=person (person)" in said
    assert "x anchor_in_zone=0.6750,0.8000 (table)" in said


def test_a_rule_that_is_not_there_is_told_with_those_that_are(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay(scene, tmp_path / "out", "--explain", "at-tabel") == 1
    assert "--explain: rule at-tabel is not there, or off: is at-table meant?" in capsys.readouterr().err
