"""Cameras that die, stall, refuse, change and come back: found within seconds, said in one line, seen again."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from edge.backoff import Backoff
from edge.capture import isolated
from edge.capture.camera import Camera, CameraSilent
from edge.capture.frame import Frame
from edge.capture.isolated import IsolatedCamera
from edge.capture.live import Patience
from edge.capture.masking import masked
from edge.capture.source import DecoderKind, Source, kind_of
from edge.clock import SystemClock
from tests.gstreamer import DECODERS
from tests.mjpeg import MjpegCamera
from tests.processes import eventually, free_port
from tests.rtsp import rtsp_camera

SOON = Backoff(first_s=0.2, most_s=0.5)


def watched(
    url: str, *, main: str | None = None, read_s_max: float = 3.0, decoder: DecoderKind = "ffmpeg"
) -> IsolatedCamera:
    patience = Patience(open_s_max=5.0, read_s_max=read_s_max, retry=SOON)
    source = Source("gate_1", kind_of(url), url, masked(url), patience, main=main, decoder=decoder)
    return IsolatedCamera(source, SystemClock(), SOON)


def patiently(camera: Camera, said: list[str] | None = None, within_s: float = 40.0) -> Iterator[Frame]:
    """Frames as the supervisor takes them: silence is sat out, what it says is kept."""
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        try:
            yield from camera.frames()
        except CameraSilent as silence:
            if said is not None:
                said.append(str(silence))
    raise AssertionError(f"no frame within {within_s} s; said: {said}")


def next_where(camera: Camera, holds: Callable[[Frame], bool], said: list[str] | None = None) -> Frame:
    return next(frame for frame in patiently(camera, said) if holds(frame))


def silence_of(camera: Camera, within_s: float = 20.0) -> str:
    """What the camera says once it knows why nothing comes."""
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        try:
            for _ in camera.frames():
                assert time.monotonic() < end_s, "frames still come"
        except CameraSilent as silence:
            if "nothing came for" not in str(silence):
                return str(silence)
    raise AssertionError("it never said why")


def test_a_server_that_dies_and_returns_is_seen_again_and_the_packets_before_are_kept() -> None:
    server, said = MjpegCamera(), list[str]()
    with server, watched(server.url) as camera:
        before = next_where(camera, lambda frame: frame.index >= 10)
        server.stop()
        lost_s = time.monotonic()
        assert "check" in silence_of(camera)
        server.start()
        returned_s = time.monotonic()
        after = next_where(camera, lambda frame: frame.stream_s > before.stream_s + 0.5, said)
        assert time.monotonic() - returned_s < 15
        away_s = time.monotonic() - lost_s
        packets = camera.ring.packets()
    assert after.stream_s - before.stream_s == pytest.approx(away_s, abs=2.0), "an outage lasts as long as it lasted"
    assert packets[0].stream_s < before.stream_s
    assert packets[-1].stream_s > before.stream_s + 0.5


def test_a_camera_that_returns_with_another_size_is_said_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "RESIZED_S", 1.0)
    server = MjpegCamera()
    with server, watched(server.url) as camera:
        next_where(camera, lambda frame: frame.index >= 5)
        server.stop()
        silence_of(camera)
        server.size = (64, 48)
        server.start()
        frame = next_where(camera, lambda _: camera.fault is not None and "its picture changed" in camera.fault)
        assert frame.image.shape == (48, 64, 3)
        assert camera.fault == f"{server.url}: its picture changed from 128x96 to 64x48; look whether zones still fit"
        later = next_where(camera, lambda one: one.stream_s > frame.stream_s + 1.5)
        assert later.image.shape == (48, 64, 3)
        assert camera.fault is None


def test_one_byte_a_second_is_a_stall() -> None:
    server = MjpegCamera()
    with server, watched(server.url, read_s_max=1.0) as camera:
        before = next_where(camera, lambda frame: frame.index >= 5)
        server.drip = True
        began_s = time.monotonic()
        assert "nothing more came in time; check the camera and the network" in silence_of(camera)
        assert time.monotonic() - began_s <= 10
        server.drip = False
        assert next_where(camera, lambda frame: frame.index > before.index)


def test_a_refused_password_is_said_without_it_and_not_tried_again_at_once() -> None:
    server = MjpegCamera(login="guard:s3cret")
    with server, watched(server.url.replace("http://", "http://guard:wr0ng@")) as camera:
        said = silence_of(camera)
        tried = server.connections
        time.sleep(2.0)
        assert server.connections == tried
    assert "refuses the user name or password; check both" in said
    assert "wr0ng" not in said
    assert "guard:***@" in said


def test_the_right_password_is_taken_by_http_too() -> None:
    server = MjpegCamera(login="guard:s3cret")
    with server, watched(server.url.replace("http://", "http://guard:s3cret@")) as camera:
        assert next(patiently(camera)).image.shape == (96, 128, 3)


def test_pictures_that_change_their_size_are_seen_so_and_no_clip_spans_both() -> None:
    server = MjpegCamera()
    with server, watched(server.url) as camera:
        next_where(camera, lambda frame: frame.index >= 10)
        server.size = (64, 48)
        changed = next_where(camera, lambda frame: frame.image.shape == (48, 64, 3))
        last = next_where(camera, lambda frame: frame.stream_s > changed.stream_s + 1.0)
        clip = camera.ring.clip(0.0, last.stream_s)
        sizes = {(packet.format.width, packet.format.height) for packet in camera.ring.packets()}
    assert sizes == {(128, 96), (64, 48)}
    assert clip is not None
    assert len({packet.format for packet in clip.packets}) == 1


def test_a_camera_by_http_is_stamped_by_arrival() -> None:
    server = MjpegCamera(fps=10)
    with server, watched(server.url) as camera:
        first = next(patiently(camera))
        began_s = time.monotonic()
        last = next_where(camera, lambda frame: frame.stream_s > first.stream_s + 2.0)
        took_s = time.monotonic() - began_s
    assert last.stream_s - first.stream_s == pytest.approx(took_s, abs=0.7)


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_stream_that_returns_with_another_codec_goes_on(decoder: DecoderKind, tmp_path: Path) -> None:
    port = free_port()
    with contextlib.ExitStack() as stack:
        with rtsp_camera(tmp_path, "h264", fps=20, port=port) as url:
            camera = stack.enter_context(watched(url, decoder=decoder))
            before = next_where(camera, lambda frame: frame.index >= 10)
            left_s = time.monotonic()
        time.sleep(3.0)  # it starts again
        with rtsp_camera(tmp_path, "hevc", fps=20, port=port):
            next_where(camera, lambda _: camera.ring.packets()[-1].format.codec == "hevc")
            last = next_where(camera, lambda frame: frame.index > before.index + 40)
            away_s = time.monotonic() - left_s
            packets = camera.ring.packets()
            clip = camera.ring.clip(0.0, last.stream_s)
    assert last.stream_s - before.stream_s == pytest.approx(away_s, abs=2.0), "an outage lasts as long as it lasted"
    codecs = [packet.format.codec for packet in packets]
    assert codecs == sorted(codecs, key=("h264", "hevc").index)
    assert set(codecs) == {"h264", "hevc"}
    assert all(one.dts < two.dts for one, two in pairwise(packets))
    assert clip is not None
    assert len({packet.format for packet in clip.packets}) == 1


def test_the_small_stream_is_looked_at_and_the_main_stream_is_kept(tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    sub = MjpegCamera(fps=10)
    with sub, rtsp_camera(tmp_path / "main", "h264", fps=20) as main, watched(sub.url, main=main) as camera:
        frame = next_where(camera, lambda frame: frame.stream_s > 4.0)
        packets = camera.ring.packets()
        assert camera.fault is None
        assert frame.image.shape == (96, 128, 3)
        assert {packet.format.codec for packet in packets} == {"h264"}
        assert packets[-1].stream_s == pytest.approx(frame.stream_s, abs=1.5), "on one scale"


def test_a_main_stream_that_is_missing_is_said_while_the_small_one_goes_on() -> None:
    sub = MjpegCamera(fps=10)
    with sub, watched(sub.url, main=f"rtsp://guard:s3cret@127.0.0.1:{free_port()}/x") as camera:
        next_where(camera, lambda _: camera.fault is not None)
        assert camera.fault is not None
        assert camera.fault.startswith("the main stream is missing, clips will be too: rtsp://guard:***@")


def connections_cost(server: MjpegCamera, wanted: int) -> tuple[int, int]:
    """(kB, file descriptors) that the camera's process grew by, between a tenth of the reconnects and all of them."""
    patience = Patience(open_s_max=5.0, read_s_max=3.0, retry=Backoff(first_s=0.002, most_s=0.004))
    source = Source("gate_1", "http", server.url, server.url, patience, ring_bytes_max=2**20)
    with server, IsolatedCamera(source, SystemClock(), SOON) as camera:
        for _ in patiently(camera, within_s=600):
            if server.connections >= wanted // 10:
                break
        process_id = camera.process_id
        before = _cost(process_id)
        for _ in patiently(camera, within_s=600):
            if server.connections >= wanted:
                break
        after = _cost(process_id)
        assert camera.process_id == process_id, "it was the same process all the time"
    return after[0] - before[0], after[1] - before[1]


def _cost(process_id: int | None) -> tuple[int, int]:
    status = Path(f"/proc/{process_id}/status").read_text()
    (rss,) = (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return rss, len(os.listdir(f"/proc/{process_id}/fd"))  # noqa: PTH208 - counting


@pytest.mark.slow
def test_two_hundred_reconnects_leave_memory_and_descriptors_as_they_were() -> None:
    grown_kb, descriptors = connections_cost(MjpegCamera(after=3, fps=200), 200)
    assert grown_kb <= 20 * 1024
    assert descriptors <= 2


def test_a_process_that_is_killed_while_another_camera_runs_costs_that_one_nothing() -> None:
    with MjpegCamera() as one, MjpegCamera() as two, watched(one.url) as first, watched(two.url) as second:
        next(patiently(first))
        before = next(patiently(second))
        assert first.process_id is not None
        assert first.process_id != second.process_id
        os.kill(first.process_id, signal.SIGSEGV)
        seen = next_where(second, lambda frame: frame.index >= before.index + 20)
        assert seen.stream_s - before.stream_s < 5.0
        assert next(patiently(first)) is not None
        eventually(lambda: first.fault is None, 5, "the killed one is well")
