"""A folder of clips and pictures is one camera."""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.capture.camera import CameraError
from edge.capture.video_file import FolderCamera
from edge.clock import SystemClock
from tests.rendered_clip import render_clip


def test_clips_and_pictures_follow_each_other_on_one_scale(tmp_path: Path) -> None:
    render_clip(tmp_path / "1.mp4", frames=10, fps=20)
    render_clip(tmp_path / "2.avi", frames=10, fps=25, codec="mjpeg", pixel_format="yuvj420p", size=(64, 48))
    cv2.imwrite(str(tmp_path / "3.png"), np.full((50, 60, 3), 90, np.uint8))
    (tmp_path / "notes.txt").write_text("not a picture")
    with FolderCamera("gate_1", tmp_path, SystemClock()) as camera:
        frames = list(camera.frames())
        packets = camera.ring.packets()
    shapes = list(dict.fromkeys(frame.image.shape for frame in frames))
    assert shapes == [(96, 128, 3), (48, 64, 3), (50, 60, 3)]
    assert all(one.stream_s < two.stream_s for one, two in pairwise(frames))
    assert frames[-1].stream_s == pytest.approx(0.5 + 0.4 + 1.0, abs=0.1)
    assert [packet.stream_s for packet in packets] == sorted(packet.stream_s for packet in packets)


def test_an_empty_folder_says_what_to_put_there(tmp_path: Path) -> None:
    camera = FolderCamera("gate_1", tmp_path, SystemClock())
    with pytest.raises(CameraError, match="no clip and no picture is there; put"):
        camera.__enter__()
