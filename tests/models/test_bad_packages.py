"""A network of one's own that is not what it should be, as its owner types it: one line, exit 1, nobody waits."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.edge.scripted_scene import write_scene
from tests.models.onnx_bytes import seeing_nothing
from tests.models.packages import write_package
from tests.models.test_trial import REFUSED
from tests.processes import ROOT, XUNJIAN

WITHIN_S = 100  # a trial is given 60 s of processor time


def typed(*words: object, models: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*XUNJIAN, *map(str, words)],
        env=os.environ | {"XUNJIAN_MODELS": str(models)},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
        cwd=ROOT,
    )


def refused(done: subprocess.CompletedProcess[str], product: str) -> str:
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.startswith(f"xunjian {product}: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def cut_off(weights: Path) -> None:
    weights.write_bytes(weights.read_bytes()[:-9])


def empty(weights: Path) -> None:
    weights.write_bytes(b"")


def folder(weights: Path) -> None:
    weights.unlink()
    weights.mkdir()


def pipe(weights: Path) -> None:
    weights.unlink()
    os.mkfifo(weights)


def link(weights: Path) -> None:
    elsewhere = weights.rename(weights.parent.parent / "elsewhere.onnx")
    weights.symlink_to(elsewhere)


DAMAGED = {
    cut_off: "but the card says",
    empty: "0 bytes, .*but the card says",
    folder: "Is a directory",
    pipe: "a pipe or a device, not a file",
    Path.unlink: "No such file",
    link: "a link; files of a package lie in its folder",
}


@pytest.mark.slow
@pytest.mark.parametrize(("content", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_network_that_is_none_is_not_taken_over(content: bytes, why: str, tmp_path: Path) -> None:
    stick = write_package(tmp_path / "stick", content)
    said = refused(typed("models", "pull", "tiny", "--from", stick, models=tmp_path / "models"), "models")
    assert re.search(why, said), said
    assert not list((tmp_path / "models").glob("*"))


@pytest.mark.slow
@pytest.mark.parametrize("case", ["a text file renamed", "external data outside its folder", "another input shape"])
def test_a_replay_with_such_a_network_ends_before_it_begins(case: str, tmp_path: Path) -> None:
    content, why = REFUSED[case]
    scene = write_scene(tmp_path)
    words = ("edge", "replay", scene.clip, "--rules", scene.rules, "--out", tmp_path / "out")
    done = typed(*words, "--model", write_package(tmp_path / "own", content), models=tmp_path / "models")
    assert re.search(why, refused(done, "edge"))
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("damage", "why"), DAMAGED.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_a_file_of_a_package_that_is_not_there_as_its_card_says(
    damage: Callable[[Path], None], why: str, tmp_path: Path
) -> None:
    own = write_package(tmp_path / "own", seeing_nothing())
    damage(own / "model.onnx")
    picture = ROOT / "docs" / "images" / "camera-grid.png"
    for command in (("verify", own), ("detect", picture, "--model", own)):
        said = refused(typed("models", *command, models=tmp_path / "models"), "models")
        assert re.search(why, said), said


def test_a_file_in_the_place_of_a_package_says_what_one_is(tmp_path: Path) -> None:
    weights = write_package(tmp_path / "own", seeing_nothing()) / "model.onnx"
    said = refused(typed("models", "verify", weights, models=tmp_path / "models"), "models")
    assert "a model package is a folder with one" in said
