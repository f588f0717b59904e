"""A network camera for tests: GStreamer's RTSP server in its own process, or the reason why there is none."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from tests.processes import Running, eventually, free_port
from tests.rendered_clip import render_clip

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
) -> Iterator[str]:
    """Serves a rendered clip in a loop; gives the address, without the login. port: default any that is free."""
    skip_without_rtsp_server()
    port, packets = port or free_port(), folder / "packets"
    packets.write_bytes(_packets(folder, codec, fps))
    command = [SYSTEM_PYTHON, str(SERVER), str(port), str(packets), codec, str(fps), str(stop_after), *login]
    log = folder / f"rtsp-{codec}.log"
    with Running(command, log) as server:
        eventually(lambda: b"ready" in log.read_bytes() or server.process.poll() is not None, 20, "the RTSP server")
        assert server.process.poll() is None, log.read_text()
        yield f"rtsp://127.0.0.1:{port}/camera"


def _packets(folder: Path, codec: str, fps: int) -> bytes:
    encoder, name = {"h264": ("libx264", "c.ts"), "hevc": ("libx265", "c.ts"), "mjpeg": ("mjpeg", "c.avi")}[codec]
    pixel_format = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    clip = render_clip(folder / name, frames=40, fps=fps, codec=encoder, pixel_format=pixel_format)
    with av.open(str(clip)) as container:
        packets = [bytes(packet) for packet in container.demux(container.streams.video[0]) if packet.size]
    return b"".join(len(packet).to_bytes(4, "big") + packet for packet in packets)
