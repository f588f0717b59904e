"""A file replayed: every frame, on the stream's time; and what a broken file says."""

import logging
import wave
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from edge.analysis import open_detector
from edge.capture.camera import CameraError
from edge.capture.frame import Frame
from edge.capture.video_file import ReplayCamera, VideoFileCamera
from edge.clock import SystemClock
from edge.settings import DetectorSettings
from tests.rendered_clip import render_clip

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def replayed(path: Path) -> list[Frame]:
    with ReplayCamera("c1", path, START) as camera:
        return list(camera.frames())


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "b_frames"),
    [
        ("clip.mp4", "libx264", "yuv420p", 2),
        ("clip.mkv", "libx265", "yuv420p", 2),
        ("clip.ts", "libx264", "yuv420p", 2),
        ("clip.avi", "mjpeg", "yuvj420p", 0),
        ("clip.h264", "libx264", "yuv420p", 2),  # a bare stream has no times at all
    ],
)
def test_a_replay_yields_every_frame_on_the_stream_s_time(
    tmp_path: Path, name: str, codec: str, pixel_format: str, b_frames: int
) -> None:
    clip = render_clip(tmp_path / name, frames=30, fps=10, codec=codec, pixel_format=pixel_format, b_frames=b_frames)
    frames = replayed(clip)
    assert [frame.index for frame in frames] == list(range(30))
    assert [frame.stream_s for frame in frames] == pytest.approx([i / 10 for i in range(30)], abs=0.002)
    shown = [int(np.median(frame.image[4:12, 4:12])) for frame in frames[:20]]
    assert shown == sorted(shown), "pictures in another order than shown"
    assert frames[0].image.shape == (96, 128, 3)


def test_moments_of_a_replay_are_its_start_and_the_stream_s_time(tmp_path: Path) -> None:
    frames = replayed(render_clip(tmp_path / "clip.mp4", frames=30, fps=10))
    assert frames[25].moment.wall == START + timedelta(seconds=2.5)
    assert frames[25].moment.monotonic_ms == 2500
    assert frames[25].moment.quality.state == "unsynced"


def test_every_frame_has_its_packet_in_the_ring_on_the_same_time(tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "clip.mp4", frames=30, fps=10, b_frames=2)
    with ReplayCamera("c1", clip, START) as camera:
        times = [frame.stream_s for frame in camera.frames()]
    assert sorted(packet.stream_s for packet in camera.ring.packets()) == pytest.approx(times)


def cut_off(clip: Path, keep: float) -> Path:
    data = clip.read_bytes()
    clip.write_bytes(data[: int(len(data) * keep)])
    return clip


def test_a_truncated_file_gives_the_frames_it_has_and_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = render_clip(tmp_path / "clip.mp4", frames=100, fps=10, faststart=True)
    with caplog.at_level(logging.WARNING):
        frames = replayed(cut_off(whole, 0.6))
    assert 20 < len(frames) < 90
    (warning,) = [record.getMessage() for record in caplog.records]
    assert "clip.mp4: damaged or cut off" in warning
    assert "of 10.0 s were read" in warning
    assert "copy or record it again" in warning


def test_a_whole_file_warns_of_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clip = render_clip(tmp_path / "clip.mp4", frames=30, fps=10, b_frames=2)
    with caplog.at_level(logging.WARNING):
        replayed(clip)
        with ReplayCamera("c1", clip, START) as camera:
            list(islice(camera.frames(), 3))
    assert not caplog.records


def test_damage_in_the_middle_costs_those_pictures_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clip = render_clip(tmp_path / "clip.mp4", frames=100, fps=10, faststart=True)
    data = bytearray(clip.read_bytes())
    middle = (data.find(b"mdat") + len(data)) // 2
    data[middle : middle + 400] = b"\xff" * 400
    clip.write_bytes(data)
    with caplog.at_level(logging.WARNING):
        frames = replayed(clip)
    assert 60 <= len(frames) <= 100
    assert frames[-1].stream_s > 9
    assert len(caplog.records) <= 1


def unreadable(folder: Path) -> list[tuple[Path, str]]:
    empty, text, cut, sound = folder / "a.mp4", folder / "b.txt", folder / "c.mp4", folder / "d.wav"
    empty.touch()
    text.write_text("not a video\n" * 100)
    cut_off(render_clip(cut, frames=50, fps=10), 0.5)  # its index stood at the end
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\x00" * 16000)
    return [
        (empty, "is empty (zero bytes); copy or record it again"),
        (text, "is a text, not a video; give a video file"),
        (cut, "is not a video that can be read (wrong format, or cut off before its index); copy or record it again"),
        (sound, "holds only sound; give a video file or a camera's video address"),
        (folder / "gone.mp4", "no such file; check the path"),
        (folder, "is a folder; give one video file"),
    ]


def test_what_cannot_be_read_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    for path, said in unreadable(tmp_path):
        for camera in (ReplayCamera("c1", path, START), VideoFileCamera("c1", path, SystemClock())):
            with pytest.raises(CameraError) as caught:
                camera.__enter__()
            assert str(caught.value) == f"{path}: {said}"


def test_a_video_of_which_no_picture_decodes_is_an_error_not_an_empty_day(tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "clip.mp4", frames=20, fps=10, faststart=True)
    data = bytearray(clip.read_bytes())
    begin = data.find(b"mdat") + 4
    data[begin:] = b"\xff" * (len(data) - begin)
    clip.write_bytes(data)
    with pytest.raises(CameraError, match="no picture of it decodes"):
        replayed(clip)


def test_a_picture_without_stamps_of_its_own_is_never_before_the_last(tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "clip.mp4", frames=30, fps=10)
    broken = tmp_path / "broken.mkv"
    with av.open(str(clip)) as source, av.open(str(broken), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(source.streams.video[0])):
            if packet.size:
                packet.stream = stream
                packet.pts = packet.dts = None if number % 3 == 1 else packet.pts
                if packet.pts is not None:
                    target.mux(packet)
    times = [frame.stream_s for frame in replayed(broken)]
    assert times == sorted(times)


def test_a_camera_that_changes_its_picture_size_goes_on_and_begins_a_new_format(tmp_path: Path) -> None:
    small = render_clip(tmp_path / "small.ts", frames=20, fps=10)
    large = render_clip(tmp_path / "large.ts", frames=20, fps=10, size=(256, 192))
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    with ReplayCamera("c1", both, START) as camera:
        frames = list(camera.frames())
    assert {frame.image.shape for frame in frames} == {(96, 128, 3), (192, 256, 3)}
    assert [frame.stream_s for frame in frames] == pytest.approx([i / 10 for i in range(len(frames))], abs=0.11)
    formats = list(dict.fromkeys(packet.format for packet in camera.ring.packets()))
    assert [(form.width, form.height) for form in formats] == [(128, 96), (256, 192)]
    assert formats[0].extradata != formats[1].extradata


@pytest.mark.parametrize("after", [{"pixel_format": "yuv422p"}, {"size": (256, 192)}, {"pixel_format": "yuv420p10le"}])
def test_a_detector_goes_on_when_size_or_pixel_format_change_under_way(after: dict[str, Any], tmp_path: Path) -> None:
    first = render_clip(tmp_path / "first.ts", frames=20, fps=10)
    second = render_clip(tmp_path / "second.ts", frames=20, fps=10, **after)
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes() + first.read_bytes())
    detector = open_detector(DetectorSettings(size_px=320, threads=1))
    kinds: list[tuple[type, tuple[int, int]]] = []
    with ReplayCamera("c1", both, START) as camera:
        for frame in camera.frames():
            found = detector.detect(frame)
            assert np.isfinite(found.boxes).all()
            kinds.append((type(frame.raster), (frame.width, frame.height)))
    assert camera.fault is None
    assert len(kinds) == 60
    runs = [kind for kind, before in zip(kinds, [None, *kinds], strict=False) if kind != before]
    assert len(runs) == 3
    assert runs[0] == runs[2] != runs[1]
