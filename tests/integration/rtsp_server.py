"""A real RTSP server (GStreamer's), run by the system's Python because `gi` lives there, not by the tests' own.

    /usr/bin/python3 rtsp_server.py PORT PACKETS CODEC FPS STOP_AFTER [USER PASSWORD]

PACKETS: a file of packets, each with its length in 4 bytes before it; sent at FPS in a loop, with time going on.
STOP_AFTER: packets after which the camera falls silent (0: never). The stream is rtsp://127.0.0.1:PORT/camera.
Prints `ready` when it listens.
"""

import sys
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - after the versions are chosen

PIPELINES = {
    "h264": "video/x-h264,stream-format=byte-stream,alignment=au ! h264parse ! rtph264pay name=pay0 pt=96",
    "hevc": "video/x-h265,stream-format=byte-stream,alignment=au ! h265parse ! rtph265pay name=pay0 pt=96",
    "mjpeg": "image/jpeg ! jpegparse ! rtpjpegpay name=pay0 pt=26",
}


def read_packets(path: Path) -> list[bytes]:
    data, packets = path.read_bytes(), []
    while data:
        end = 4 + int.from_bytes(data[:4], "big")
        packets.append(data[4:end])
        data = data[end:]
    return packets


class Feed:
    """Pushes one packet per tick into a client's pipeline."""

    def __init__(self, source: Any, packets: list[bytes], fps: int, stop_after: int) -> None:
        self.source, self.packets, self.fps, self.stop_after, self.sent = source, packets, fps, stop_after, 0
        GLib.timeout_add(1000 // fps, self.push)

    def push(self) -> bool:
        if self.stop_after and self.sent >= self.stop_after:
            return False
        buffer = Gst.Buffer.new_wrapped(self.packets[self.sent % len(self.packets)])
        buffer.pts = buffer.dts = self.sent * Gst.SECOND // self.fps
        buffer.duration = Gst.SECOND // self.fps
        self.sent += 1
        return bool(self.source.emit("push-buffer", buffer) == Gst.FlowReturn.OK)


def protect(server: Any, factory: Any, user: str, password: str) -> None:
    authentication = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", user)
    authentication.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(authentication)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(user, "media.factory.access", True)
    permissions.add_permission_for_role(user, "media.factory.construct", True)
    factory.set_permissions(permissions)


def main() -> None:
    port, path, codec, fps, stop_after, *login = sys.argv[1:]
    Gst.init(None)
    packets = read_packets(Path(path))
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( appsrc name=source is-live=true format=time ! {PIPELINES[codec]} )")
    feeds = []

    def configure(_: Any, media: Any) -> None:
        feeds.append(Feed(media.get_element().get_by_name("source"), packets, int(fps), int(stop_after)))

    factory.connect("media-configure", configure)
    if login:
        protect(server, factory, *login)
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
