"""A camera by HTTP: pictures one after the other (`multipart/x-mixed-replace`), stamped when they arrive."""

import time
from typing import Any

from edge.capture.camera import CameraError
from edge.capture.decoding import VideoSource
from edge.capture.live import Patience
from edge.capture.masking import masked
from edge.capture.packet_ring import PacketRing
from edge.capture.stream import StreamCamera
from edge.clock import Clock

SCHEMES = ("http://", "https://")


class HttpCamera(StreamCamera):
    def __init__(self, camera_id: str, address: str, clock: Clock, patience: Patience, **facts: Any) -> None:
        """facts: as of StreamCamera. Raises CameraError when the address is of another kind."""
        if not address.lower().startswith(SCHEMES):
            raise CameraError(f"{masked(address)}: is not a web address; it begins with http:// or https://")
        super().__init__(camera_id, address, clock, patience, connect=connect, **facts)


def connect(address: str, ring: PacketRing | None, patience: Patience, /) -> VideoSource:
    """Raises CameraError."""
    return VideoSource(
        address,
        masked(address),
        ring,
        options={"timeout": str(int(patience.read_s_max * 1_000_000)), "fflags": "nobuffer"},
        open_s_max=patience.open_s_max,
        read_s_max=patience.read_s_max,
        arrival_s=time.monotonic,
    )
