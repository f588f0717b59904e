"""What the demo decides before anything runs."""

import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import demo
import demo_children
import demo_table

STATUS = {
    "cameras": [
        {"camera_id": "gate", "fps_in": 10.0, "fps_analysed": 5.0, "detector_ms": 31.25, "tracks": 2, "state": "online"}
    ],
    "incidents": 3,
    "outbox": 1,
    "acknowledged": 2,
    "files_pending": 0,
}


@pytest.mark.parametrize(
    ("source", "rules", "name"),
    [
        ("/clips/My Yard (2).mp4", "version: 1", "my-yard-2"),
        ("rtsp://10.0.0.9/stream1", "version: 1", "camera"),
        ("/clips/监控.mp4", "version: 1", "camera"),
        ("/clips/a.mp4", "zones: {z: {cameras: [hall_1]}, y: {cameras: [ hall_1 ]}}", "hall_1"),
        ("/clips/a.mp4", "zones: {z: {cameras: [hall_1]}, y: {cameras: [hall_2]}}", "a"),
    ],
)
def test_a_camera_is_named_by_the_rules_else_by_its_file(source: str, rules: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(rules, encoding="utf-8")
    assert demo.camera_name(source, path) == name


def test_a_taken_port_moves_to_the_next_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(demo, "FIRST_PORT", port)
        assert demo.free_port(port) > port


def test_a_port_that_somebody_took_meanwhile_moves_to_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "PLACE", tmp_path)
    demo_children.xunjian("central", "init", str(tmp_path / "centre"))
    free_port = demo.free_port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(demo, "FIRST_PORT", port)
        monkeypatch.setattr(demo, "free_port", lambda first: port if first == port else free_port(first))
        with demo.serving_centre() as (centre, its_port):
            assert its_port > port
            assert centre.poll() is None
            assert demo.answers(f"http://127.0.0.1:{its_port}/healthz")


def test_a_folder_in_which_a_demo_runs_is_left_to_it(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    with demo.emptied(tmp_path):
        assert not list(tmp_path.iterdir())
        (tmp_path / "mine").touch()
        with (
            pytest.raises(demo_children.DemoError, match=r"a demo runs in .* already.*DEMO_DIR="),
            demo.emptied(tmp_path),
        ):
            pass
        assert (tmp_path / "mine").exists()
    with demo.emptied(tmp_path):
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("variable", ["CLIP", "RULES"])
def test_a_file_that_is_not_there_is_one_line(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "nowhere.mp4")
    with pytest.raises(demo_children.DemoError, match=rf"{variable}=nowhere\.mp4: no such file"):
        demo.footage()


def test_a_log_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with demo_table.LiveTable() as table:
        for _ in range(3):
            table.show(STATUS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "demo: gate 10.0/5.0 frames/s, 31.2 ms, 2 tracks | incidents=3 outbox=1 acknowledged=2 files_pending=0"
    )
    assert len(lines) == 2, "the first, and the last when it ends"


def test_a_table_has_a_row_per_camera() -> None:
    table = demo_table.table_of({**STATUS, "cameras": [*STATUS["cameras"], {"camera_id": "yard"}]})  # type: ignore[misc]
    assert table.row_count == 2


def test_a_signal_while_a_child_starts_ends_that_child_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[str]] = []

    def interrupted_start(command: Sequence[str], **told: Any) -> subprocess.Popen[str]:
        started.append(subprocess.Popen(command, **told))
        demo_children.Interruption.handle(signal.SIGINT, None)
        return started[0]

    monkeypatch.setattr(demo_children, "XUNJIAN", "sleep")
    monkeypatch.setattr(demo_children.Interruption, "came", False)
    monkeypatch.setattr(
        demo_children, "subprocess", SimpleNamespace(**{**vars(subprocess), "Popen": interrupted_start})
    )
    with pytest.raises(KeyboardInterrupt), demo_children.started(tmp_path / "log", ["60"]):
        pass
    assert started[0].poll() is not None
