"""What a camera's process is told to open."""

from dataclasses import dataclass
from typing import Literal

from edge.capture.live import Patience
from edge.capture.packet_ring import RING_BYTES_MAX

SourceKind = Literal["rtsp", "file"]


@dataclass(frozen=True, slots=True)
class Source:
    """address: an address with its password in it, or a path. shown: the same as people may read it.

    loop: of a file. start_s: stream_s of the first picture.
    """

    camera_id: str
    kind: SourceKind
    address: str
    shown: str
    patience: Patience
    ring_bytes_max: int = RING_BYTES_MAX
    loop: bool = False
    start_s: float = 0.0
