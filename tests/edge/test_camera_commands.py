"""`edge cameras` and `edge snapshot`: what works is measured, what does not is one line."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from contract.signing import SigningKey
from edge import __main__ as command
from edge.evidence.grid import with_grid
from edge.health.view_watch import view_file
from edge.settings import BOX_YAML
from tests.mjpeg import MjpegCamera
from tests.processes import free_port
from tests.rendered_clip import render_clip


@pytest.fixture(autouse=True)
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.camera_commands.WATCH_S", 2.2)


def make_box(folder: Path, cameras: dict[str, dict[str, object]]) -> Path:
    public_key = SigningKey.generate().public.base64
    central = {"url": "http://127.0.0.1:1", "broker": "mqtt://127.0.0.1:1", "public_key": public_key}
    facts = {"box_id": "box-1", "central": central, "cameras": cameras}
    (folder / BOX_YAML).write_text(yaml.safe_dump(facts, sort_keys=False))
    return folder


def test_each_camera_is_tried_and_a_bad_one_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    render_clip(tmp_path / "clip.mp4", frames=200, fps=20, keyframe_every=20)
    with MjpegCamera(fps=10, login="guard:s3cret") as http:
        refused = http.url.replace("http://", "http://guard:${GATE_PASSWORD}@")
        box = make_box(
            tmp_path,
            {
                "hall_1": {"source": "clip.mp4"},
                "gate_1": {"source": refused},
                "yard_1": {"source": f"rtsp://127.0.0.1:{free_port()}/x"},
            },
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GATE_PASSWORD", "wr0ng")
            assert command.main(["cameras", str(box)]) == 1
    hall, gate, yard = capsys.readouterr().out.splitlines()
    assert re.match(r"hall_1 +ok +h264 128x96, 20\.0 frames/s, keyframes every 1\.0 s; source .*clip\.mp4$", hall)
    assert re.match(r"gate_1 +failed  http://guard:\*\*\*@.*refuses the user name or password; check both", gate)
    assert re.match(r"yard_1 +failed  rtsp://.*check the address", yard)
    assert "wr0ng" not in gate


def test_both_streams_of_a_camera_are_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with MjpegCamera(fps=10) as sub, MjpegCamera(fps=10, size=(256, 192)) as main:
        box = make_box(tmp_path, {"gate_1": {"source": main.url, "detect_source": sub.url}})
        assert command.main(["cameras", str(box), "--json"]) == 0
    small, large = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (small["stream"], small["width"], small["codec"]) == ("detect_source", 128, "mjpeg")
    assert (large["stream"], large["width"], large["problem"]) == ("source", 256, None)


def test_a_snapshot_of_a_boxs_camera_is_a_private_file(tmp_path: Path) -> None:
    render_clip(tmp_path / "clip.mp4", frames=20, fps=20)
    box, out = make_box(tmp_path, {"hall_1": {"source": "clip.mp4"}}), tmp_path / "hall.png"
    assert command.main(["snapshot", "hall_1", "--box", str(box), "--grid", "--out", str(out)]) == 0
    image = cv2.imread(str(out))
    assert image is not None
    assert image.shape == (96, 128, 3)
    assert out.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.mp4"], "nowhere.mp4: no such file"),
        (["gate_9", "--box", "{box}"], "there is no camera gate_9, only hall_1"),
        (["{box}/clip.mp4", "--out", "{box}/x.gif"], "give a name that ends in .png or .jpg"),
        (["ftp://host/x"], "ftp:// is not read"),
    ],
)
def test_a_snapshot_that_cannot_be_made_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    render_clip(tmp_path / "clip.mp4", frames=5, fps=20)
    box = make_box(tmp_path, {"hall_1": {"source": "clip.mp4"}})
    assert command.main(["snapshot", *(word.format(box=box) for word in words)]) == 1
    assert says in capsys.readouterr().err


def test_the_grid_is_where_it_says() -> None:
    image = np.full((400, 600, 3), 128, np.uint8)
    drawn = with_grid(image)
    assert (image == 128).all(), "a copy"
    bright = drawn[:, :, 0] > 160
    columns, rows = np.flatnonzero(bright.mean(axis=0) > 0.8), np.flatnonzero(bright.mean(axis=1) > 0.8)
    assert [round(column / 600, 2) for column in columns] == [step / 10 for step in range(1, 10)]
    assert [round(row / 400, 2) for row in rows] == [step / 10 for step in range(1, 10)]


def test_a_view_is_accepted_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = make_box(tmp_path, {"hall_1": {"source": "clip.mp4"}})
    kept = view_file(box, "hall_1")
    kept.parent.mkdir()
    kept.write_bytes(b"a view")
    assert command.main(["cameras", str(box), "--accept-view", "gate_9"]) == 1
    assert "there is no camera gate_9, only hall_1" in capsys.readouterr().err
    assert kept.exists()
    assert command.main(["cameras", str(box), "--accept-view", "hall_1"]) == 0
    assert not kept.exists()
