"""A process that is killed while a package takes the place of an older one leaves one of the two."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import PackageError
from models.exchange import exchange
from models.package import open_package
from models.pull import pull, put_back, read_from_folder
from tests.models.packages import write_package

ROOT = Path(__file__).parents[2]
PULLING = """
import os, signal, sys
from pathlib import Path
from models import pull

def killing(change):
    def changed(*paths):
        global left
        done = change(*paths)
        left -= bool(done)
        if done and not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    return changed

source, into, left, able = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "able"
Path.rename = killing(Path.rename)
if hasattr(pull, "exchange"):
    pull.exchange = killing(pull.exchange) if able else lambda one, other: False
pull.pull("tiny", None, pull.read_from_folder(source), into)
"""


def killed(source: Path, into: Path, after: int, able: str) -> bool:
    """In the place of an older one; after: so many changes of names."""
    words = [sys.executable, "-c", PULLING, str(source), str(into), str(after), able]
    return subprocess.run(words, cwd=ROOT, check=False, timeout=60).returncode == -signal.SIGKILL


def placed(tmp_path: Path) -> tuple[Path, Path]:
    into = tmp_path / "mine"
    pull("tiny", None, read_from_folder(write_package(tmp_path / "one")), into)
    return into, write_package(tmp_path / "two", version=2)


def test_folders_change_places_at_once_and_a_pull_that_is_killed_there_leaves_a_package(tmp_path: Path) -> None:
    into, newer = placed(tmp_path)
    assert killed(newer, into, 1, "able")
    assert open_package(into / "tiny").card.version == 2


def test_where_they_cannot_the_next_pull_puts_the_older_one_back_first(tmp_path: Path) -> None:
    into, newer = placed(tmp_path)
    assert killed(newer, into, 1, "unable")
    assert not (into / "tiny").exists()
    with pytest.raises(PackageError, match="cannot be read"):
        pull("tiny", None, read_from_folder(tmp_path / "nothing"), into)
    assert open_package(into / "tiny").card.version == 1


def test_where_they_cannot_a_kill_behind_the_second_rename_leaves_the_newer_one_and_the_older_goes(
    tmp_path: Path,
) -> None:
    into, newer = placed(tmp_path)
    assert killed(newer, into, 2, "unable")
    assert list(into.glob(".tiny.*.old"))
    put_back(into / "tiny")
    assert open_package(into / "tiny").card.version == 2
    assert not list(into.glob(".tiny.*.old"))


def test_another_packages_older_one_is_let_be(tmp_path: Path) -> None:
    other = tmp_path / ".tiny-two.abc.old"
    other.mkdir()
    put_back(tmp_path / "tiny")
    assert other.exists()
    assert not (tmp_path / "tiny").exists()


def test_two_folders_change_places(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text("")
    if not exchange(tmp_path / "one", tmp_path / "other"):
        pytest.skip("this file system cannot")
    assert (tmp_path / "one" / "other").exists()
    assert (tmp_path / "other" / "one").exists()
    with pytest.raises(FileNotFoundError):
        exchange(tmp_path / "one", tmp_path / "nothing")
