"""`make demo` as a script: from a clip to leads at the centre, nothing lost, and nothing left running."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, listens


def demo(folder: Path, clip: str, **variables: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "CLIP": clip, "RULES": "", "DEMO_EXIT": "", "DEMO_DIR": str(folder), **variables}
    environment.pop("SSH_CONNECTION", None)
    command = [sys.executable, str(ROOT / "demo.py")]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.slow
def test_it_ends_by_itself_and_its_last_line_says_that_nothing_is_lost(tmp_path: Path) -> None:
    running = demo(tmp_path / "demo", "rendered", DEMO_EXIT="1")
    said, complaints = running.communicate(timeout=150)
    assert running.returncode == 0, complaints
    last = said.splitlines()[-1]
    assert re.fullmatch(r"demo: incidents=6 acknowledged=6 lost=0 page=http://127\.0\.0\.1:\d+", last), complaints
    assert "scripted detections" in said, "it says that the detector does not run"


def test_ctrl_c_ends_everything_that_it_started(tmp_path: Path) -> None:
    running = demo(tmp_path / "demo", "rendered")
    assert running.stdout is not None
    port = 0
    for line in running.stdout:
        if found := re.search(r"the review page is http://127\.0\.0\.1:(\d+)", line):
            port = int(found[1])
        if "frames/s" in line:
            break
    assert listens(port)
    running.send_signal(signal.SIGINT)
    said, complaints = running.communicate(timeout=60)
    assert running.returncode == 0, complaints
    assert said.splitlines()[-1] == "demo: stopped"
    assert "Traceback" not in complaints
    assert not listens(port)


def test_two_that_start_together_take_a_port_each(tmp_path: Path) -> None:
    both = [demo(tmp_path / name, "rendered") for name in ("one", "other")]
    pages = []
    for running in both:
        assert running.stdout is not None
        said = (re.search(r"the review page is (\S+)", line) for line in running.stdout)
        pages.append(next((found[1] for found in said if found), "none"))
    for running in both:
        running.send_signal(signal.SIGINT)
    ends = [(running.communicate(timeout=60), running.returncode) for running in both]
    assert len(set(pages)) == 2, ends
    assert "none" not in pages, ends
    assert [code for _, code in ends] == [0, 0]


def test_a_clip_that_is_no_video_is_one_line(tmp_path: Path) -> None:
    clip = tmp_path / "notes.mp4"
    clip.write_text("not a video", encoding="utf-8")
    running = demo(tmp_path / "demo", str(clip), DEMO_EXIT="1")
    _, complaints = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "notes.mp4" in complaints
    assert "Traceback" not in complaints
