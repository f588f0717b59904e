from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.capture.camera import CameraError
from edge.capture.video_file import ReplayCamera
from tests.rendered_clip import render_clip

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def test_a_replay_yields_every_frame_on_the_stream_s_time(tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "clip.mp4", frames=30, fps=10, codec="libx264", b_frames=2)
    with ReplayCamera("c1", clip, START) as camera:
        frames = list(camera.frames())
    assert [frame.index for frame in frames] == list(range(30))
    assert [frame.stream_s for frame in frames] == pytest.approx([i / 10 for i in range(30)])
    assert frames[25].moment.wall == START + timedelta(seconds=2.5)
    assert frames[25].moment.quality.state == "unsynced"
    assert frames[0].image.shape == (96, 128, 3)


def test_a_missing_file_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    with (
        pytest.raises(CameraError, match=r"gone\.mp4: no such file; check the path"),
        ReplayCamera("c1", tmp_path / "gone.mp4", START),
    ):
        pass
