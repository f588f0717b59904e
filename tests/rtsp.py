"""A network camera for tests: GStreamer's RTSP server in its own process, or the reason why there is none."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest
from av.bitstream import BitStreamFilterContext

from tests.processes import Running, eventually, free_port
from tests.rendered_clip import render_clip

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).parent / "integration" / "rtsp_server.py"
PROBE = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer; "
    "Gst.init(None); assert Gst.ElementFactory.find('rtph265pay') and Gst.ElementFactory.find('h264parse')"
)


def skip_without_rtsp_server() -> None:
    probe = subprocess.run([SYSTEM_PYTHON, "-c", PROBE], capture_output=True, check=False, timeout=60)
    if probe.returncode:
        pytest.skip(
            "no GStreamer RTSP server: apt install gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-rtsp "
            "gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
        )


@contextlib.contextmanager
def rtsp_camera(
    folder: Path,
    codec: str = "h264",
    *,
    fps: int = 10,
    stop_after: int = 0,
    login: tuple[str, ...] = (),
    port: int | None = None,
    keyframes: bool = True,
    then: str = "",
    then_pixels: str = "",
    clip: Path | None = None,
) -> Iterator[str]:
    """Serves a clip in a loop, from its start for each client; gives the address, without the login. port: default any
    that is free. clip: H.264 in MP4 at `fps`; default a short rendered one.

    keyframes: False leaves them out. then: another size, WIDTHxHEIGHT, in which the second half of each loop is.
    then_pixels: the same for another pixel format.
    """
    skip_without_rtsp_server()
    folder.mkdir(parents=True, exist_ok=True)
    port, packets = port or free_port(), folder / "packets"
    sent = _packets(folder, codec, fps, keyframes=keyframes) if clip is None else _packets_of(clip)
    if then:
        width, height = (int(side) for side in then.split("x"))
        sent += _packets(folder, codec, fps, size=(width, height))
    if then_pixels:
        sent += _packets(folder, codec, fps, pixel_format=then_pixels)
    packets.write_bytes(sent)
    command = [SYSTEM_PYTHON, str(SERVER), str(port), str(packets), codec, str(fps), str(stop_after), *login]
    log = folder / f"rtsp-{codec}.log"
    with Running(command, log) as server:
        eventually(lambda: b"ready" in log.read_bytes() or server.process.poll() is not None, 20, "the RTSP server")
        assert server.process.poll() is None, log.read_text()
        yield f"rtsp://127.0.0.1:{port}/camera"


def _packets(
    folder: Path,
    codec: str,
    fps: int,
    *,
    keyframes: bool = True,
    size: tuple[int, int] = (128, 96),
    pixel_format: str = "yuv420p",
) -> bytes:
    encoder, name = {"h264": ("libx264", "c.ts"), "hevc": ("libx265", "c.ts"), "mjpeg": ("mjpeg", "c.avi")}[codec]
    pixel_format = "yuvj420p" if codec == "mjpeg" else pixel_format
    clip = render_clip(folder / name, frames=40, fps=fps, codec=encoder, pixel_format=pixel_format, size=size)
    with av.open(str(clip)) as container:
        held = [packet for packet in container.demux(container.streams.video[0]) if packet.size]
        return _framed([bytes(packet) for packet in held] if keyframes else _without_keyframes(held))


def _packets_of(clip: Path) -> bytes:
    """As a camera sends them: start codes in the place of MP4's lengths, parameter sets before each keyframe."""
    with av.open(str(clip)) as container:
        video = container.streams.video[0]
        annex_b = BitStreamFilterContext("h264_mp4toannexb", video)
        filtered = [out for packet in container.demux(video) for out in annex_b.filter(packet if packet.size else None)]
        return _framed([bytes(packet) for packet in filtered])


def _framed(packets: list[bytes]) -> bytes:
    return b"".join(len(packet).to_bytes(4, "big") + packet for packet in packets)


def _without_keyframes(packets: "list[Packet[VideoStream]]") -> list[bytes]:
    """Of H.264: what says how to decode is sent as ever, with the picture that follows; the keyframe itself is not."""
    sent, sets = [], b""
    for packet in packets:
        if packet.is_keyframe:
            units = bytes(packet).replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
            sets = b"".join(b"\0\0\0\1" + unit for unit in units if unit and unit[0] & 31 in (7, 8))
        else:
            sent.append(sets + bytes(packet))
            sets = b""
    return sent
