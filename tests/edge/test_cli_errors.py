"""Bad input: one clear line that says what to do, exit 1, and no traceback."""

import io
import os
import re
import shutil
from pathlib import Path

import av
import pytest

from edge.__main__ import main
from tests.edge.scripted_scene import RULES, Scene, write_scene

REPLAY = ("replay", "{clip}", "--rules", "{rules}", "--detections", "{script}", "--out", "{folder}/out")
INIT = ("init", "{folder}/box", "--central", "http://127.0.0.1:9", "--token", "-")
TOKEN = "a" * 77 + "\n"  # as long as one is

# What is done to the scene before; the command; what the one line must say.
CASES = [
    ("an empty video", {"clip": b""}, REPLAY, r"hall\.mp4: is empty \(zero bytes\); copy or record it again"),
    ("not a video", {"clip": os.urandom(5000)}, REPLAY, r"hall\.mp4: .*"),
    ("no video", {"clip": None}, REPLAY, r"hall\.mp4: no such file; give a video file"),
    ("no rules", {"rules": None}, REPLAY, r"rules\.yaml:1: cannot be read"),
    ("broken YAML", {"rules": b"version: 1\nrules: [{id: a"}, REPLAY, r"rules\.yaml:\d+: "),
    ("an unknown key", {"rules": RULES.replace("dwell_s", "dwel_s").encode()}, REPLAY, r"rules\.yaml:6: .*dwell_s"),
    ("an unknown class", {"rules": RULES.replace("[person]", "[cat]").encode()}, REPLAY, r"rules\.yaml:6: .*scripted"),
    ("another camera", {}, (*REPLAY, "--camera", "gate_9"), r"no rule is for a camera of this box \(gate_9\)"),
    ("broken detections", {"script": b"{}"}, REPLAY, r"detections .*hall\.jsonl: line 1: "),
    ("a folder in use", {"out/x": b"x"}, REPLAY, r"out: holds something already; a replay goes into a new folder"),
    (
        "a folder inside a file",
        {},
        (*REPLAY[:-1], "{rules}/out"),
        r"rules\.yaml/out: cannot be written \(Not a directory",
    ),
    ("a folder as video", {}, ("replay", "{folder}", *REPLAY[2:]), r": is a folder; give a video file"),
    ("an unknown model", {}, (*REPLAY[:4], "--model", "nope", *REPLAY[6:]), r"no model package 'nope'"),
    (
        "tracks of nothing",
        {},
        ("track", "--detections", "{folder}/no.txt", "--fps", "25", "--out", "{folder}/t.txt"),
        r"no such file",
    ),
    (
        "tracks of text",
        {},
        ("track", "--detections", "{rules}", "--fps", "25", "--out", "{folder}/t.txt"),
        r"rules\.yaml, line 2: ",
    ),
    ("not a box", {}, ("run", "{folder}/nowhere"), r"is not a box yet: make one with `xunjian edge init"),
    ("no outbox", {}, ("incidents", "{folder}"), r"no outbox\.sqlite3 there"),
    ("nothing to resend", {}, ("resend", "{folder}"), r"no outbox\.sqlite3 there"),
    (
        "a camera that is not there",
        {},
        (*INIT, "--camera", "hall_1={folder}/no.mp4", "--rules", "{rules}"),
        r"--camera hall_1=.*no\.mp4: no such file; give a video file, rtsp://HOST/PATH or onvif://HOST",
    ),
    (
        "a camera by another protocol",
        {},
        (*INIT, "--camera", "hall_1=ftp://10.0.0.5/x", "--rules", "{rules}"),
        r"--camera hall_1: ftp:// is not read; give a video file, a folder, rtsp://",
    ),
    (
        "detections of an unknown camera",
        {},
        (*INIT, "--camera", "hall_1={clip}", "--rules", "{rules}", "--detections", "hall_2={script}"),
        r"there is no camera hall_2, only hall_1",
    ),
    (
        "a centre that does not answer",
        {},
        (*INIT, "--camera", "hall_1={clip}", "--rules", "{rules}", "--detections", "hall_1={script}"),
        r"the centre at http://127\.0\.0\.1:9 does not answer: .*; is it running there\?",
    ),
]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return write_scene(tmp_path_factory.mktemp("scene"), length_s=2.0, visits=())


def filled(command: tuple[str, ...], scene: Scene, folder: Path) -> list[str]:
    return [part.format(clip=scene.clip, rules=scene.rules, script=scene.script, folder=folder) for part in command]


@pytest.mark.parametrize(("changes", "command", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_bad_input_is_one_clear_line(
    changes: dict[str, bytes | None],
    command: tuple[str, ...],
    said: str,
    *,
    original: Scene,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scene = Scene(*(Path(shutil.copy(path, tmp_path)) for path in (original.clip, original.script, original.rules)))
    for name, content in changes.items():
        path = getattr(scene, name, tmp_path / name)
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True) if content is None else path.write_bytes(content)
    monkeypatch.setattr("sys.stdin", io.StringIO(TOKEN))
    assert main(filled(command, scene, tmp_path)) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("xunjian edge: ")
    assert re.search(said, line), line


@pytest.mark.parametrize("token", ["", "not a token\n", "aaaa\n"])
def test_a_box_without_a_good_token_says_where_to_get_one(
    token: str,
    original: Scene,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(token))
    command = (*INIT, "--camera", "hall_1={clip}", "--rules", "{rules}", "--detections", "hall_1={script}")
    assert main(filled(command, original, tmp_path)) == 1
    assert "xunjian central token DIR" in capsys.readouterr().err
    assert not (tmp_path / "box" / "box.yaml").exists()


def test_a_token_on_the_command_line_is_refused(original: Scene, tmp_path: Path) -> None:
    command = ("init", str(tmp_path), "--central", "http://x", "--token", "s3cret", "--camera", "a=b", "--rules", "c")
    with pytest.raises(SystemExit) as error:
        main(list(command))
    assert error.value.code == 2


def test_a_truncated_video_is_analysed_as_far_as_it_goes_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    scene = write_scene(tmp_path, ((1.0, 9.0),), length_s=10.0)
    cut = tmp_path / "cut.mkv"
    remuxed = remux(scene.clip, tmp_path / "whole.mkv")
    cut.write_bytes(remuxed.read_bytes()[: remuxed.stat().st_size * 6 // 10])
    command = filled(REPLAY, Scene(cut, scene.script, scene.rules), tmp_path)
    assert main(command) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert "cut off" in caplog.text


def remux(source: Path, target: Path) -> Path:

    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(video=0):
            if packet.size:
                packet.stream = stream
                written.mux(packet)
    return target
