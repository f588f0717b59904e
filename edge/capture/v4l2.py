"""A camera on this machine's USB or ribbon, by Video4Linux: its own JPEGs where it makes them, else raw pictures."""

from pathlib import Path
from typing import Any

from edge.capture.camera import CameraError
from edge.capture.decoding import VideoSource
from edge.capture.live import Patience
from edge.capture.packet_ring import PacketRing
from edge.capture.stream import StreamCamera
from edge.clock import Clock

DEVICES = "/dev/video"


class V4l2Camera(StreamCamera):
    def __init__(self, camera_id: str, address: str, clock: Clock, patience: Patience, **facts: Any) -> None:
        """address: the device, as /dev/video0. facts: as of StreamCamera."""
        super().__init__(camera_id, address, clock, patience, connect=connect, **facts)


def connect(address: str, ring: PacketRing | None, patience: Patience, /) -> VideoSource:
    """Raises CameraError."""
    if not Path(address).exists():
        raise CameraError(f"{address}: no such device; check the cable, and `ls {DEVICES}*`")
    limits: dict[str, Any] = {"open_s_max": patience.open_s_max, "read_s_max": patience.read_s_max}
    try:
        return VideoSource(address, address, ring, container_format="v4l2", options={"input_format": "mjpeg"}, **limits)
    except CameraError:  # a camera without JPEG: raw pictures fill the ring in seconds, but are seen
        return VideoSource(address, address, ring, container_format="v4l2", **limits)
