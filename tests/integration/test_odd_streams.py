"""Streams that a real server sends and no camera should: each is one clear line, or is simply gone through."""

import contextlib
import socket
import threading
import time
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from edge.capture.packet_ring import ClipPackets
from edge.capture.source import DecoderKind
from edge.evidence.clip import write_clip
from tests.gstreamer import DECODERS
from tests.integration.switching_camera import SwitchingCamera
from tests.integration.test_lost_cameras import next_where, patiently, silence_of, watched
from tests.listening import Listening
from tests.mjpeg import MjpegCamera
from tests.rtsp import rtsp_camera


def test_a_camera_that_sends_no_keyframe_is_said_so_while_another_one_goes_on(tmp_path: Path) -> None:
    with (
        rtsp_camera(tmp_path, "h264", fps=25, keyframes=False) as url,
        MjpegCamera() as other,
        watched(url) as camera,
        watched(other.url) as well,
    ):
        began_s = time.monotonic()
        said = silence_of(camera)
        assert time.monotonic() - began_s < 15
        assert next(patiently(well)).image.shape == (96, 128, 3)
    assert said == f"{url}: sends no keyframe, so nothing can be seen; set its keyframe interval to 2 s"


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_stream_that_changes_its_size_under_way_goes_on_and_no_clip_spans_both(
    codec: str, decoder: DecoderKind, tmp_path: Path
) -> None:
    with rtsp_camera(tmp_path, codec, fps=20, then="192x144") as url, watched(url, decoder=decoder) as camera:
        next_where(camera, lambda frame: frame.image.shape == (96, 128, 3))
        large = next_where(camera, lambda frame: frame.image.shape == (144, 192, 3))
        again = next_where(camera, lambda frame: frame.image.shape == (96, 128, 3) and frame.index > large.index)
        assert again.stream_s > large.stream_s
        clip = camera.ring.clip(0.0, again.stream_s)
        sizes = {(packet.format.width, packet.format.height) for packet in camera.ring.packets()}
        said = camera.fault
    assert said == f"{url}: its picture changed from 192x144 to 128x96; look whether zones still fit"
    assert sizes == {(128, 96), (192, 144)}
    assert clip is not None
    assert len({packet.format for packet in clip.packets}) == 1
    assert set(shapes_of(clip, tmp_path)) == {(clip.packets[0].format.height, clip.packets[0].format.width, 3)}


def shapes_of(clip: ClipPackets, folder: Path) -> list[tuple[int, ...]]:
    """Of the pictures that a player shows of it: each packet gives one."""
    write_clip(clip, folder / "clip.mp4")
    with av.open(str(folder / "clip.mp4")) as container:
        shapes = [frame.to_ndarray(format="bgr24").shape for frame in container.decode(video=0)]
    assert len(shapes) == len(clip.packets)
    return shapes


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_stream_that_changes_its_pixel_format_under_way_goes_on(
    codec: str, decoder: DecoderKind, tmp_path: Path
) -> None:
    with rtsp_camera(tmp_path, codec, fps=20, then_pixels="yuv422p") as url, watched(url, decoder=decoder) as camera:
        next_where(camera, lambda _: len({packet.format for packet in camera.ring.packets()}) == 2)
        last_s = camera.ring.packets()[-1].stream_s
        frames = [frame for frame in islice(patiently(camera), 90) if frame.stream_s > last_s + 0.5]
        clips = [camera.ring.clip(from_s, from_s + 1.5) for from_s in (0.5, 2.5)]
        said = camera.fault
    assert said is None, "its picture has the size it had"
    assert frames[-1].stream_s - frames[0].stream_s > 2.5, "both halves of the loop were seen"
    for frame in frames[::10]:
        assert frame.image.shape == (96, 128, 3)
        assert np.abs(frame.image[70:, 100:].astype(int) - 40).max() < 12, "the ground is as dark as ever"
    for clip in clips:
        assert clip is not None
        shapes_of(clip, tmp_path)


@pytest.mark.parametrize("decoder", DECODERS)
def test_another_codec_within_a_connection_is_connected_again(decoder: DecoderKind, tmp_path: Path) -> None:
    said: list[str] = []
    with SwitchingCamera(tmp_path) as server, watched(server.url, decoder=decoder) as camera:
        before = next_where(camera, lambda frame: frame.index >= 10)
        server.codec = "hevc"
        began_s = time.monotonic()
        after = next_where(camera, lambda _: camera.ring.packets()[-1].format.codec == "hevc", said)
        assert time.monotonic() - began_s < 15
        assert server.connections == 2
        clip = camera.ring.clip(before.stream_s - 1, before.stream_s)
    assert any("what it sends gives no picture any more" in line for line in said)
    assert after.image.shape == (96, 128, 3)
    assert after.stream_s - before.stream_s < 15
    assert clip is not None
    shapes_of(clip, tmp_path)


def test_a_wrong_password_by_rtsp_is_one_line_without_it(tmp_path: Path) -> None:
    with rtsp_camera(tmp_path, "h264", login=("guard", "s3cret")) as url:
        wrong = url.replace("rtsp://", "rtsp://guard:wr0ng@")
        with watched(wrong) as camera:
            said = silence_of(camera)
    assert said.endswith("the camera refuses the user name or password; check both")
    assert "wr0ng" not in said


class Dripping(Listening):
    """A way to a server over which, from when it is told to, a byte comes each second."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._to, self.drip = port, threading.Event()

    def _serve(self, client: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self._to))
        threading.Thread(target=self._pass, args=(client, far, None), daemon=True).start()
        self._pass(far, client, self.drip)

    def _pass(self, one: socket.socket, other: socket.socket, drip: threading.Event | None) -> None:
        with contextlib.suppress(OSError), one, other:
            while data := one.recv(1 if drip and drip.is_set() else 65_536):
                other.sendall(data)
                if drip and drip.is_set():
                    time.sleep(1.0)


def test_one_byte_a_second_by_rtsp_is_a_stall(tmp_path: Path) -> None:
    with rtsp_camera(tmp_path, "h264", fps=20) as url, Dripping(int(url.split(":")[2].split("/")[0])) as way:
        slow = f"rtsp://127.0.0.1:{way.port}/camera"
        with watched(slow, read_s_max=2.0) as camera:
            before = next_where(camera, lambda frame: frame.index >= 10)
            way.drip.set()
            began_s = time.monotonic()
            assert "nothing more came in time; check the camera and the network" in silence_of(camera)
            assert time.monotonic() - began_s <= 10
            way.drip.clear()
            assert next_where(camera, lambda frame: frame.index > before.index + 20)
