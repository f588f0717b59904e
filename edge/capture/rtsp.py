"""A network camera by RTSP, over TCP: a lost UDP packet is a smeared picture, and smears look like incidents."""

from typing import Any

from edge.capture.camera import CameraError
from edge.capture.decoding import VideoSource
from edge.capture.live import Patience
from edge.capture.masking import masked
from edge.capture.packet_ring import PacketRing
from edge.capture.stream import StreamCamera
from edge.clock import Clock

ANALYSE_S_MAX = 1.0  # FFmpeg's own 5 s would hold back the first picture; size and codec are in the first keyframe
SCHEMES = ("rtsp://", "rtsps://")


class RtspCamera(StreamCamera):
    def __init__(self, camera_id: str, address: str, clock: Clock, patience: Patience, **facts: Any) -> None:
        """facts: as of StreamCamera. Raises CameraError when the address is of another kind."""
        if not address.lower().startswith(SCHEMES):
            raise CameraError(f"{masked(address)}: is not an RTSP address; it begins with rtsp:// or rtsps://")
        super().__init__(camera_id, address, clock, patience, connect=connect, **facts)


def connect(address: str, ring: PacketRing | None, patience: Patience, /) -> VideoSource:
    """Raises CameraError."""
    return VideoSource(
        address,
        masked(address),
        ring,
        options={
            "rtsp_transport": "tcp",
            "timeout": _microseconds(patience.read_s_max),
            "analyzeduration": _microseconds(ANALYSE_S_MAX),
        },
        open_s_max=patience.open_s_max,
        read_s_max=patience.read_s_max,
    )


def _microseconds(seconds: float) -> str:
    return str(int(seconds * 1_000_000))
