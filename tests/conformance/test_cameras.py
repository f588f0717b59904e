"""What every camera promises, asked of each that there is: files and RTSP, in this process and in one of its own,
decoded by FFmpeg and by GStreamer."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from edge.capture.camera import Camera, CameraError
from edge.capture.child import make_decoder
from edge.capture.isolated import IsolatedCamera
from edge.capture.live import Patience
from edge.capture.rtsp import RtspCamera
from edge.capture.source import DecoderKind, Source
from edge.capture.video_file import ReplayCamera, VideoFileCamera
from edge.clock import SystemClock
from edge.evidence.clip import write_clip
from tests.gstreamer import DECODERS, needs_gstreamer
from tests.rendered_clip import render_clip
from tests.rtsp import rtsp_camera

CameraAt = Callable[[Path], AbstractContextManager[Camera]]
RING_BYTES_MAX = 4000


@contextlib.contextmanager
def paced_file(folder: Path, decoder: DecoderKind = "ffmpeg") -> Iterator[Camera]:
    clip = render_clip(folder / "clip.mp4", frames=30, fps=20, b_frames=2)
    facts: dict[str, Any] = {"ring_bytes_max": RING_BYTES_MAX, "make_decoder": make_decoder(decoder)}
    with VideoFileCamera("gate_1", clip, SystemClock(), **facts) as camera:
        yield camera


@contextlib.contextmanager
def replayed_file(folder: Path, decoder: DecoderKind = "ffmpeg") -> Iterator[Camera]:
    clip = render_clip(folder / "clip.mp4", frames=30, fps=20, b_frames=2)
    start = datetime(2026, 11, 24, tzinfo=UTC)
    facts: dict[str, Any] = {"ring_bytes_max": RING_BYTES_MAX, "make_decoder": make_decoder(decoder)}
    with ReplayCamera("gate_1", clip, start, **facts) as camera:
        yield camera


@contextlib.contextmanager
def network(
    folder: Path, decoder: DecoderKind = "ffmpeg", *, codec: str = "h264", ring_bytes_max: int = RING_BYTES_MAX
) -> Iterator[Camera]:
    login = ("guard", "s3cret")
    with rtsp_camera(folder, codec, fps=20, login=login) as url:
        address = url.replace("rtsp://", "rtsp://{}:{}@".format(*login))
        patience = Patience(open_s_max=10, read_s_max=3)
        facts: dict[str, Any] = {"ring_bytes_max": ring_bytes_max, "make_decoder": make_decoder(decoder)}
        with RtspCamera("gate_1", address, SystemClock(), patience, **facts) as camera:
            yield camera


@contextlib.contextmanager
def isolated_file(folder: Path, decoder: DecoderKind = "ffmpeg") -> Iterator[Camera]:
    clip = render_clip(folder / "clip.mp4", frames=30, fps=20, b_frames=2)
    source = Source("gate_1", "file", str(clip), str(clip), Patience(), ring_bytes_max=RING_BYTES_MAX, decoder=decoder)
    with IsolatedCamera(source, SystemClock()) as camera:
        yield camera


@contextlib.contextmanager
def isolated_network(folder: Path, decoder: DecoderKind = "ffmpeg") -> Iterator[Camera]:
    with rtsp_camera(folder, "h264", fps=20) as url:
        facts: dict[str, Any] = {"ring_bytes_max": RING_BYTES_MAX, "decoder": decoder}
        with IsolatedCamera(
            Source("gate_1", "rtsp", url, url, Patience(read_s_max=3), **facts), SystemClock()
        ) as camera:
            yield camera


def by_each_decoder(*cameras: Callable[..., AbstractContextManager[Camera]]) -> list[Any]:
    """Each camera with FFmpeg's decoder and with GStreamer's."""
    return [
        pytest.param(
            partial(camera, decoder=kind),
            id=f"{camera.__name__}-{kind}",
            marks=[needs_gstreamer] if kind == "gstreamer" else [],
        )
        for camera in cameras
        for kind in ("ffmpeg", "gstreamer")
    ]


EVERY = by_each_decoder(paced_file, replayed_file, network, isolated_file, isolated_network)
LIVE = by_each_decoder(paced_file, network, isolated_file, isolated_network)


@pytest.mark.parametrize("opened", EVERY)
def test_a_camera_delivers_frames_in_order_and_their_packets(opened: CameraAt, tmp_path: Path) -> None:
    with opened(tmp_path) as camera:
        frames = list(islice(camera.frames(), 15))
        packets = camera.ring.packets()
    assert "s3cret" not in camera.source
    assert {(frame.camera_id, frame.image.shape, frame.image.dtype) for frame in frames} == {
        ("gate_1", (96, 128, 3), np.dtype(np.uint8))
    }
    for one, two in pairwise(frames):
        assert one.stream_s < two.stream_s
        assert one.index < two.index
        assert one.moment.monotonic_ms <= two.moment.monotonic_ms
    assert all(frame.moment.wall.tzinfo is not None for frame in frames)
    assert frames[-1].stream_s <= max(packet.stream_s for packet in packets)
    assert all(one.dts < two.dts for one, two in pairwise(packets))
    assert camera.ring.bytes_held <= RING_BYTES_MAX + len(packets[-1].data)
    assert camera.frames_in >= frames[-1].index


@pytest.mark.parametrize("opened", EVERY)
def test_a_camera_that_was_left_runs_no_thread_and_yields_no_frame(opened: CameraAt, tmp_path: Path) -> None:
    with opened(tmp_path) as camera:
        frames = camera.frames()
        next(frames)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("capture")]
    assert len(list(frames)) <= 1


@pytest.mark.parametrize("opened", LIVE)
def test_a_slow_consumer_of_a_live_camera_gets_the_newest_frame(opened: CameraAt, tmp_path: Path) -> None:
    with opened(tmp_path) as camera:
        frames = camera.frames()
        first = next(frames)
        time.sleep(0.6)  # a slow detector
        second = next(frames)
        held = camera.ring.packets()
    skipped = second.index - first.index - 1
    assert skipped >= 8
    assert camera.frames_dropped >= skipped
    assert second.stream_s - first.stream_s == pytest.approx((skipped + 1) / 20, abs=0.06)
    shown = sorted(packet.stream_s for packet in held if packet.stream_s <= second.stream_s)
    steps = [two - one for one, two in pairwise(shown)]
    assert steps == pytest.approx([1 / 20] * len(steps), abs=0.01), "no packet is missing"


def test_a_replay_drops_nothing_however_slow_the_consumer(tmp_path: Path) -> None:
    with replayed_file(tmp_path) as camera:
        indices = []
        for frame in camera.frames():
            time.sleep(0.005)
            indices.append(frame.index)
    assert indices == list(range(30))
    assert camera.frames_dropped == 0


def test_a_paced_file_takes_as_long_as_it_lasts(tmp_path: Path) -> None:
    with paced_file(tmp_path) as camera:
        began = time.monotonic()
        arrived = [(time.monotonic() - began, frame.stream_s) for frame in camera.frames()]
    assert 1.3 <= arrived[-1][0] <= 3.0
    assert max(abs(at - stream_s - arrived[0][0]) for at, stream_s in arrived) < 0.5


def test_a_looped_file_goes_on_with_stream_time_over_its_end(tmp_path: Path) -> None:
    clip = render_clip(tmp_path / "clip.mp4", frames=10, fps=20, b_frames=2)
    with VideoFileCamera("gate_1", clip, SystemClock(), loop=True) as camera:
        frames = list(islice(camera.frames(), 25))
        packets = camera.ring.packets()
    assert [frame.stream_s for frame in frames] == pytest.approx([frame.index / 20 for frame in frames], abs=0.11)
    assert frames[-1].stream_s > 1.1
    assert all(one.dts < two.dts for one, two in pairwise(packets))
    assert len({packet.format for packet in packets}) == 1


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
def test_what_a_network_camera_sends_becomes_a_clip_that_plays(
    codec: str, decoder: DecoderKind, tmp_path: Path
) -> None:
    with network(tmp_path, decoder, codec=codec, ring_bytes_max=1_000_000) as camera:
        last_s = next(frame.stream_s for frame in camera.frames() if frame.stream_s > 1.2)
        clip = camera.ring.clip(0.5, last_s)
    assert clip is not None
    assert {packet.format.codec for packet in clip.packets} == {codec}
    write_clip(clip, tmp_path / "clip")
    with av.open(str(tmp_path / "clip")) as container:
        shown = [float(frame.time or 0.0) for frame in container.decode(video=0)]
    assert shown == pytest.approx([packet.stream_s - clip.first_s for packet in clip.packets], abs=0.002)


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_camera_that_falls_silent_is_an_error_after_the_time_out(decoder: DecoderKind, tmp_path: Path) -> None:
    with rtsp_camera(tmp_path, fps=20, stop_after=40) as url:
        began = time.monotonic()
        facts = {"make_decoder": make_decoder(decoder)}
        with (
            RtspCamera("gate_1", url, SystemClock(), Patience(read_s_max=1.0), **facts) as camera,
            pytest.raises(CameraError, match="nothing more came in time; check the camera and the network"),
        ):
            for _ in camera.frames():
                pass
        assert time.monotonic() - began < 9


def test_a_wrong_password_is_said_without_saying_it(tmp_path: Path) -> None:
    with rtsp_camera(tmp_path, login=("guard", "s3cret")) as url:
        camera = RtspCamera("gate_1", url.replace("rtsp://", "rtsp://guard:wr0ng@"), SystemClock(), Patience())
        with pytest.raises(CameraError, match="refuses the user name or password") as caught, camera:
            pass
    assert "wr0ng" not in str(caught.value)
    assert "guard:***@" in str(caught.value)


def test_a_camera_that_is_not_there_is_one_line_that_says_what_to_check() -> None:
    camera = RtspCamera("gate_1", "rtsp://guard:s3cret@127.0.0.1:1/live", SystemClock(), Patience(open_s_max=2))
    with pytest.raises(CameraError, match=r"^rtsp://guard:\*\*\*@127\.0\.0\.1:1/live: .*; check the address") as caught:
        camera.__enter__()
    assert "\n" not in str(caught.value)


def test_an_address_that_is_not_rtsp_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(CameraError, match=r"^http://u:\*\*\*@host/x: is not an RTSP address"):
        RtspCamera("gate_1", "http://u:p@host/x", SystemClock(), Patience())
