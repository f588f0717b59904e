import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from models.__main__ import main
from models.registry import read_registry
from tests.models.onnx_bytes import seeing_nothing
from tests.models.packages import write_package


@pytest.fixture(autouse=True)
def pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "pulled"
    monkeypatch.setenv("XUNJIAN_MODELS", str(folder))
    return folder


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Noise in which a network that is asked for everything sees something."""
    path = tmp_path / "noise.png"
    noise = np.random.default_rng(1).integers(0, 255, (120, 200, 3), np.uint8)
    path.write_bytes(cv2.imencode(".png", noise)[1].tobytes())
    return path


def lines(output: str) -> list[Any]:
    return [json.loads(line) for line in output.splitlines()]


def one_line(error: str) -> str:
    assert error.startswith("xunjian models: ")
    assert error.count("\n") == 1
    return error


def test_detect_prints_a_json_line_per_picture_with_boxes_in_its_pixels(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["detect", str(picture), str(picture), "--json"]) == 0
    first, second = lines(capsys.readouterr().out)
    assert first == second
    assert first["image"] == str(picture)
    assert len(first["detections"]) > 0
    for found in first["detections"]:
        assert set(found) == {"class", "score", "box"}
        assert 0.001 <= found["score"] <= 1
        x1, y1, x2, y2 = found["box"]
        assert 0 <= x1 < x2 <= 200
        assert 0 <= y1 < y2 <= 120


def test_detect_leaves_out_what_scores_less_than_it_was_told(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", str(picture), "--json", "--min-score", "1"]) == 0
    assert lines(capsys.readouterr().out) == [{"image": str(picture), "detections": []}]


def test_detect_without_json_is_for_people_to_read(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", str(picture), "--min-score", "0.001"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith(f"{picture}: ")
    assert shown[1].endswith("] px")


@pytest.mark.parametrize("content", [None, b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_a_picture_that_cannot_be_read_is_named_and_the_others_are_done(
    content: bytes | None, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.jpg"
    if content is not None:
        broken.write_bytes(content)
    assert main(["detect", str(broken), str(picture), "--json"]) == 1
    output = capsys.readouterr()
    assert "broken.jpg" in one_line(output.err)
    assert [line["image"] for line in lines(output.out)] == [str(picture)]


def test_a_folder_in_the_place_of_a_picture_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", str(tmp_path), "--json"]) == 1
    assert "Is a directory" in one_line(capsys.readouterr().err)


def test_a_model_with_a_wrong_hash_is_refused_in_one_line(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_package(tmp_path / "tiny")
    (folder / "model.onnx").write_bytes(b"something else")
    for command in (["detect", str(picture), "--json", "--model", str(folder)], ["verify", str(folder)]):
        assert main(command) == 1
        output = capsys.readouterr()
        assert "the card says" in one_line(output.err)
        assert output.out == ""


def test_weights_that_are_no_network_are_refused_in_one_line(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["detect", str(picture), "--model", str(write_package(tmp_path / "tiny"))]) == 1
    assert "no ONNX file" in one_line(capsys.readouterr().err)


def test_an_unknown_model_is_refused_in_one_line(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", str(picture), "--model", "yolo99"]) == 1
    assert "known: detector-14" in one_line(capsys.readouterr().err)


def test_list_names_the_default_and_what_was_pulled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pull", "tiny", "--from", str(write_package(tmp_path / "stick", seeing_nothing()))]) == 0
    assert "not pinned" in capsys.readouterr().out
    assert main(["list", "--json"]) == 0
    rows = {row["name"]: row for row in lines(capsys.readouterr().out)}
    assert rows["tiny"]["pinned"] is False
    default = rows[read_registry().default]
    assert default["default"] is True
    assert default["licence"] == "AGPL-3.0-only"
    assert main(["list"]) == 0
    assert "* detector-14  AGPL-3.0-only" in capsys.readouterr().out


def test_a_package_that_calls_itself_like_the_shipped_one_is_not_taken_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(write_package(tmp_path / "copy", seeing_nothing(), name="detector-14"))]) == 0
    assert "not pinned" in capsys.readouterr().out
    assert main(["pull", "detector-14", "--from", str(tmp_path / "copy")]) == 1
    assert "not the detector-14 that the registry pins" in one_line(capsys.readouterr().err)


def test_pull_takes_a_package_out_of_a_mirror_of_many(
    pulled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_package(tmp_path / "mirror" / "tiny", seeing_nothing())
    write_package(tmp_path / "mirror" / "other", name="other")
    assert main(["pull", "tiny", "--from", str(tmp_path / "mirror")]) == 0
    assert (pulled / "tiny" / "model.onnx").is_file()
    assert main(["verify"]) == 0
    names = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert names == ["detector-14", "second-look-3m", "tiny"]


def test_pull_of_what_ships_checks_it_and_of_what_is_unknown_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pull", "detector-14"]) == 0
    assert "pinned by the registry" in capsys.readouterr().out
    assert main(["pull", "yolo99"]) == 1
    assert "--from DIR" in one_line(capsys.readouterr().err)
    assert main(["pull", "../up", "--from", "."]) == 1
    one_line(capsys.readouterr().err)


@pytest.mark.parametrize(
    "line", [[], ["detect"], ["detect", "a.jpg", "--min-score", "2"], ["detect", "a.jpg", "--device", "abacus"]]
)
def test_a_wrong_command_line_is_answered_with_the_usage_and_exit_2(
    line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(line)
    assert left.value.code == 2
    assert "usage: xunjian models" in capsys.readouterr().err
