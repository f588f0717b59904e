"""A camera whose pictures are mostly dropped decodes fewer of them, and those that it decodes are the same."""

import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.capture.camera import CameraError
from edge.capture.decoder import Decoded
from edge.capture.decoding import VideoSource
from edge.capture.ffmpeg_decoder import FFmpegDecoder
from edge.capture.live import Patience
from edge.capture.packet_ring import PacketRing
from edge.capture.sparing import WINDOW, Sparing
from edge.capture.stream import StreamCamera
from edge.clock import SystemClock
from models.detector.raster import Planes
from tests.rendered_clip import render_clip

FRAMES = 300


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return render_clip(tmp_path / "clip.mp4", frames=FRAMES, fps=20, b_frames=2, keyframe_every=30)


def test_most_pictures_have_to_be_dropped_for_a_while() -> None:
    sparing = Sparing()
    for _ in range(10):
        sparing.note(dropped=False)
    for number in range(WINDOW - 1):
        sparing.note(dropped=number % 3 != 0)
    assert not sparing.on, "a third is looked at"
    for _ in range(WINDOW):
        sparing.note(dropped=True)
    assert sparing.on
    for number in range(WINDOW):
        sparing.note(dropped=number % 2 == 0)
    assert sparing.on, "half of those that remain are dropped still"
    for _ in range(WINDOW):
        sparing.note(dropped=False)
    assert not sparing.on


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
