"""The newest encoded packets of a camera, bounded by bytes: what a clip is cut from without re-encoding."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """What a muxer needs to write the packets again. codec: FFmpeg's name, e.g. `h264`, `hevc`, `mjpeg`."""

    codec: str
    width: int
    height: int
    time_base: Fraction
    extradata: bytes | None


@dataclass(frozen=True, slots=True)
class EncodedPacket:
    """pts, dts in `StreamFormat.time_base`; stream_s: the pts on the same scale as `Frame.stream_s`."""

    stream_s: float
    pts: int
    dts: int
    duration: int
    keyframe: bool
    data: bytes
    format: StreamFormat


class PacketRing:
    """The oldest packets go first. Raises ValueError when `bytes_max` is not positive."""

    def __init__(self, bytes_max: int) -> None:
        if bytes_max <= 0:
            raise ValueError("a packet ring needs a positive bytes_max")
        self._bytes_max = bytes_max
        self._bytes = 0
        self._packets: deque[EncodedPacket] = deque()

    @property
    def bytes_held(self) -> int:
        return self._bytes

    def append(self, packet: EncodedPacket) -> None:
        self._packets.append(packet)
        self._bytes += len(packet.data)
        while self._bytes > self._bytes_max and len(self._packets) > 1:
            self._bytes -= len(self._packets.popleft().data)

    def packets(self) -> Sequence[EncodedPacket]:
        return tuple(self._packets)
