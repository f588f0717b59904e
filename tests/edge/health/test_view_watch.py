"""The learnt view outlives the box's process, is accepted anew by removing its file, and a damaged file is no view."""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.capture.frame import Frame
from edge.clock import SystemClock
from edge.health.camera_view import EVERY_S
from edge.health.view_watch import ViewWatch, view_file
from models.detector.rasters import BgrRaster
from tests.edge.health.views import Change, Luma, scene, sensor, turned


def frames(seconds: float, start_s: float = 0.0, change: Change | None = None) -> Iterator[Frame]:
    random, clock = np.random.default_rng(5), SystemClock()
    for index in range(round(seconds / EVERY_S)):
        luma: Luma = sensor(scene(1), random)
        picture = np.repeat((luma if change is None else change(luma))[:, :, None], 3, axis=2)
        yield Frame("gate_1", index, start_s + index * EVERY_S, clock.now(), BgrRaster(picture))


def last_state(watch: ViewWatch, shown: Iterator[Frame]) -> str:
    state = ""
    for frame in shown:
        state = watch.look(frame).state
    return state


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = view_file(tmp_path, "gate_1")
    assert last_state(ViewWatch(path), frames(12.0)) == "seen"
    return path


def test_a_camera_turned_while_the_box_was_off_is_moved(path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0
    assert path.stat().st_size < 64 * 1024
    assert last_state(ViewWatch(path), frames(12.0)) == "seen"
    assert last_state(ViewWatch(path), frames(12.0, change=turned(0.1))) == "moved"


def test_removing_the_file_or_accepting_makes_the_new_view_the_right_one(path: Path) -> None:
    watch = ViewWatch(path)
    assert last_state(watch, frames(12.0, change=turned(0.1))) == "moved"
    path.unlink()
    assert last_state(watch, frames(20.0, 12.0, turned(0.1))) == "seen"
    assert path.exists(), "learnt and kept again"
    assert last_state(watch, frames(12.0, 32.0)) == "moved"
    watch.accept()
    assert last_state(watch, frames(20.0, 44.0)) == "seen"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"x" * (2 << 20), bytes(range(256))])
def test_a_damaged_file_is_one_line_and_the_view_is_learnt_anew(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING, "edge"):
        watch = ViewWatch(path)
    assert [record.message for record in caplog.records if "the view is learnt anew" in record.message]
    assert last_state(watch, frames(12.0)) == "seen"
    assert last_state(ViewWatch(path), frames(12.0, change=turned(0.1))) == "moved"


def test_a_folder_that_cannot_be_written_costs_a_line_not_the_camera(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "views"
    blocked.write_text("a file where the folder should be")
    watch = ViewWatch(blocked / "gate_1.npz")
    with caplog.at_level(logging.WARNING, "edge"):
        assert last_state(watch, frames(12.0)) == "seen"
    assert "learnt again at the next start" in caplog.text
