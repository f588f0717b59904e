"""A camera whose pictures are mostly dropped decodes fewer of them, and those that it decodes are the same."""

import time
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.camera_line import Line
from edge.capture.camera import CameraError
from edge.capture.decoder import Decoded
from edge.capture.decoding import LEFT_OUT_MAX, VideoSource
from edge.capture.ffmpeg_decoder import FFmpegDecoder
from edge.capture.frame import Frame
from edge.capture.isolated import IsolatedCamera
from edge.capture.live import Patience
from edge.capture.packet_ring import PacketRing
from edge.capture.source import Source
from edge.capture.sparing import WINDOW, WINDOW_ON, Sparing
from edge.capture.stream import StreamCamera
from edge.clock import SystemClock
from edge.detection.pace import Pace
from edge.health.camera_gauge import CameraGauge
from models.detector.raster import Planes
from tests.edge.idle_analysis import IdleAnalysis
from tests.rendered_clip import render_clip
from tests.rtsp import rtsp_camera

FRAMES = 300


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return render_clip(tmp_path / "clip.mp4", frames=FRAMES, fps=20, b_frames=2, keyframe_every=30)


def noted(sparing: Sparing, pictures: int, *, dropped: float = 0.0, passed: float = 0.0) -> None:
    """So many decoded pictures, of which these shares were dropped, or taken and passed over."""
    for number in range(pictures):
        if int((number + 1) * passed) > int(number * passed):
            sparing.pass_over()
        sparing.note(dropped=int((number + 1) * dropped) > int(number * dropped))


def test_most_pictures_have_to_be_dropped_for_a_while() -> None:
    sparing = Sparing()
    noted(sparing, 5 * WINDOW, dropped=0.7)
    assert not sparing.on, "a third is looked at"
    noted(sparing, WINDOW - 1, dropped=0.8)
    assert not sparing.on
    noted(sparing, 1, dropped=1.0)
    assert sparing.on
    assert sparing.overloaded
    noted(sparing, 5 * WINDOW, dropped=0.5)
    assert sparing.on, "half of those that remain are dropped still"
    noted(sparing, WINDOW_ON, dropped=0.0)
    assert not sparing.on, "whoever looks at all of them may want more, at once"


def test_a_camera_that_is_looked_at_seldom_by_wish_is_spared_and_nothing_of_it_is_shed() -> None:
    sparing = Sparing()
    noted(sparing, 5 * WINDOW, passed=0.8)
    assert not sparing.on, "5 of 25: of what remained every second one, unevenly"
    noted(sparing, WINDOW, passed=0.96)
    assert sparing.on
    assert not sparing.overloaded
    noted(sparing, 5 * WINDOW, passed=0.92)
    assert sparing.on
    noted(sparing, WINDOW_ON, passed=0.6)
    assert not sparing.on, "something is followed now"


def planes_of(picture: Any) -> Planes:
    pixels = picture.pixels()
    assert isinstance(pixels, Planes)
    return pixels


def test_what_is_decoded_while_others_are_left_out_is_the_same_to_the_bit(clip: Path) -> None:
    with VideoSource(f"file:{clip}", str(clip), None) as source:
        whole = {round(picture.stream_s, 3): planes_of(picture).y.copy() for picture in source.pictures()}
    with VideoSource(f"file:{clip}", str(clip), None) as source:
        source.spare(on=True)
        some = {round(picture.stream_s, 3): planes_of(picture).y.copy() for picture in source.pictures()}
        left_out = source.spare(on=True)
    assert len(whole) == FRAMES
    assert FRAMES / 4 < len(some) < FRAMES * 0.8
    assert left_out == pytest.approx(FRAMES - len(some), abs=3)
    assert all(np.array_equal(whole[stream_s], luma) for stream_s, luma in some.items())


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_leaving_out_may_begin_and_end_anywhere(codec: str, tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "c.mp4", frames=FRAMES, fps=20, codec=codec, b_frames=2, keyframe_every=100)
    with VideoSource(f"file:{clip}", str(clip), None) as source:
        whole = {round(picture.stream_s, 3): planes_of(picture).y.copy() for picture in source.pictures()}
    some, left_out = {}, 0
    with VideoSource(f"file:{clip}", str(clip), None) as source:
        for number, picture in enumerate(source.pictures()):
            some[round(picture.stream_s, 3)] = planes_of(picture).y.copy()
            left_out += source.spare(on=number // 10 % 2 == 1)
    assert left_out == pytest.approx(FRAMES - len(some), abs=5)
    assert FRAMES / 2 < len(some) < FRAMES * 0.95
    assert all(np.array_equal(whole[stream_s], luma) for stream_s, luma in some.items())


def test_a_stream_in_which_nearly_nothing_refers_to_anything_is_decoded_whole(tmp_path: Path) -> None:
    options = {"preset": "veryfast", "x264-params": "b-adapt=0:b-pyramid=none:bframes=16"}
    clip = render_clip(tmp_path / "c.mp4", frames=FRAMES, fps=20, keyframe_every=100, options=options)
    with VideoSource(f"file:{clip}", str(clip), None) as source:
        source.spare(on=True)
        some, left_out = 0, 0
        for _ in source.pictures():
            some += 1
            left_out += source.spare(on=True)
    assert FRAMES - 2 * (LEFT_OUT_MAX + 1) <= some < FRAMES, "one in 17 would be left"
    assert left_out == pytest.approx(FRAMES - some, abs=2)


@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_camera_that_is_passed_over_decodes_fewer_where_it_can(b_frames: int, tmp_path: Path) -> None:
    """Through the process of a camera, as a box has it: what is looked at once a second."""
    options = {"preset": "veryfast", "x264-params": f"b-adapt=0:b-pyramid=none:bframes={b_frames}"}
    clip = render_clip(tmp_path / "c.mp4", frames=100, fps=20, keyframe_every=20, options=options)
    with rtsp_camera(tmp_path / "rtsp", fps=20, clip=clip) as url:
        camera = IsolatedCamera(Source("gate_1", "rtsp", url, url, Patience(read_s_max=3)), SystemClock())
        with camera:
            line = Line(camera, Idle(), CameraGauge("gate_1"), Pace(1.0))
            indices, looked, burst = [], 0, 0
            for frame in camera.frames():
                indices.append(frame.index)
                if line.due(frame):
                    looked += 1
                    line.pace.looked(frame.stream_s, 0)
                if frame.stream_s < 1.5:
                    burst = camera.frames_dropped  # what came while the stream was opened
                if frame.stream_s > 6.0:
                    break
            shed = camera.frames_dropped - burst
            packets = camera.ring.packets()
    assert 5 <= looked <= 8
    late = np.mean([two - one for one, two in pairwise(indices) if one > 80])
    assert (late > 1.8) if b_frames else (late < 1.1)
    assert shed <= 5, "nothing that anybody wanted"
    steps = np.diff(sorted(packet.stream_s for packet in packets))
    assert steps == pytest.approx(0.05, abs=0.02), "evidence misses nothing"


class Idle(IdleAnalysis):
    """The line's analysis, which is not asked here."""

    def step(self, frame: Frame) -> Any:
        raise AssertionError(frame.index)


class Counted(FFmpegDecoder):
    pictures = 0

    def decode(self, packet: Any) -> Sequence[Decoded]:
        decoded = super().decode(packet)
        type(self).pictures += len(decoded)
        return decoded


def connect(address: str, ring: PacketRing | None, patience: Patience, /) -> VideoSource:
    return VideoSource(f"file:{address}", address, ring)


def test_a_camera_that_nobody_keeps_up_with_decodes_fewer_and_counts_and_keeps_all(clip: Path) -> None:
    def make(stream: Any, time_base: Fraction) -> FFmpegDecoder:
        return Counted(stream, time_base)

    Counted.pictures = 0
    with StreamCamera("gate_1", str(clip), SystemClock(), Patience(), connect=connect, make_decoder=make) as camera:
        end_s = time.monotonic() + 20
        while camera.ring.packets()[-1:] == () or camera.frames_in < FRAMES - 5:
            assert time.monotonic() < end_s
            time.sleep(0.05)
        taken = camera.take(1.0)
        with pytest.raises(CameraError):
            camera.take(1.0)
    assert taken is not None
    assert Counted.pictures < FRAMES * 0.8
    assert camera.frames_in == pytest.approx(FRAMES, abs=3)
    assert camera.frames_dropped == camera.frames_in - 1
    assert len(camera.ring.packets()) == FRAMES, "evidence misses nothing"
