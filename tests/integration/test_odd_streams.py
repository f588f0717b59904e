"""Streams that a real server sends and no camera should: each is one clear line, or is simply gone through."""

import contextlib
import socket
import threading
import time
from pathlib import Path
from typing import Self

import pytest

from edge.capture.source import DecoderKind
from tests.gstreamer import DECODERS
from tests.integration.test_lost_cameras import next_where, patiently, silence_of, watched
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
        assert camera.fault is None
    assert sizes == {(128, 96), (192, 144)}
    assert clip is not None
    assert len({packet.format for packet in clip.packets}) == 1


def test_a_wrong_password_by_rtsp_is_one_line_without_it(tmp_path: Path) -> None:
    with rtsp_camera(tmp_path, "h264", login=("guard", "s3cret")) as url:
        wrong = url.replace("rtsp://", "rtsp://guard:wr0ng@")
        with watched(wrong) as camera:
            said = silence_of(camera)
    assert said.endswith("the camera refuses the user name or password; check both")
    assert "wr0ng" not in said


class Dripping:
    """A way to a server over which, from when it is told to, a byte comes each second."""

    def __init__(self, port: int) -> None:
        self._to, self.drip = port, threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                threading.Thread(target=self._pass, args=(near, far, None), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, self.drip), daemon=True).start()

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
