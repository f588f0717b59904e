"""The newest encoded packets of a camera, bounded by bytes: what a clip is cut from without re-encoding."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, islice, takewhile
from threading import Lock
from typing import Protocol

RING_BYTES_MAX = 64 * 2**20  # two minutes of 4 Mbit/s


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


@dataclass(frozen=True, slots=True)
class ClipPackets:
    """Packets of one format in decoding order, the first a keyframe.

    first_s, last_s: stream seconds of the first and the last picture shown; the pre-roll that the clip really has is
    the event's stream_s - first_s.
    """

    packets: tuple[EncodedPacket, ...]
    first_s: float
    last_s: float


class Packets(Protocol):
    """What a camera holds of its stream, wherever it is held."""

    @property
    def bytes_held(self) -> int: ...

    def packets(self) -> Sequence[EncodedPacket]: ...

    def clip(self, from_s: float, to_s: float, cap_s: float = 30.0) -> ClipPackets | None:
        """As `select_clip` has it."""


class PacketRing:
    """The oldest packets go first. The capture thread appends while others read.

    Raises ValueError when `bytes_max` is not positive.
    """

    def __init__(self, bytes_max: int) -> None:
        if bytes_max <= 0:
            raise ValueError("a packet ring needs a positive bytes_max")
        self._bytes_max = bytes_max
        self._bytes = 0
        self._packets: deque[EncodedPacket] = deque()
        self._lock = Lock()

    @property
    def bytes_held(self) -> int:
        return self._bytes

    def append(self, packet: EncodedPacket) -> None:
        with self._lock:
            self._packets.append(packet)
            self._bytes += len(packet.data)
            while self._bytes > self._bytes_max and len(self._packets) > 1:
                self._bytes -= len(self._packets.popleft().data)

    def packets(self) -> Sequence[EncodedPacket]:
        with self._lock:
            return tuple(self._packets)

    def clip(self, from_s: float, to_s: float, cap_s: float = 30.0) -> ClipPackets | None:
        return select_clip(self.packets(), from_s, to_s, cap_s)


def select_clip(
    packets: Sequence[EncodedPacket], from_s: float, to_s: float, cap_s: float = 30.0
) -> ClipPackets | None:
    """The packets that show `from_s` to `to_s` (stream seconds), at most `cap_s` long; a few pictures more where one
    within refers to a later one.

    Begins at the newest keyframe at or before `from_s`, else at the oldest one held. A keyframe so old that the cap
    would cut the end off is passed over for the next. Of two formats the one that fills more of the window is taken.
    None when no keyframe serves. Raises ValueError when the window or the cap is not positive.
    """
    if not (to_s > from_s and cap_s > 0):
        raise ValueError("a clip needs from_s < to_s and a positive cap_s")
    runs = (tuple(run) for _, run in groupby(packets, key=lambda packet: packet.format))
    clips = [clip for run in runs if (clip := _clip_of_run(run, from_s, to_s, cap_s)) is not None]
    return max(clips, key=lambda clip: min(clip.last_s, to_s) - max(clip.first_s, from_s), default=None)


def _clip_of_run(packets: tuple[EncodedPacket, ...], from_s: float, to_s: float, cap_s: float) -> ClipPackets | None:
    starts = [
        index for index, packet in enumerate(packets) if packet.keyframe and to_s - cap_s <= packet.stream_s <= to_s
    ]
    if not starts:
        return None
    before = [index for index in starts if packets[index].stream_s <= from_s]
    start = before[-1] if before else starts[0]
    first_s = packets[start].stream_s
    ends = [index for index in range(start, len(packets)) if packets[index].stream_s <= to_s]
    # Pictures shown before the keyframe but sent after it (open GOP) refer to what the clip does not hold.
    chosen = [packet for packet in packets[start : ends[-1] + 1] if packet.stream_s >= first_s]
    last_s = max(packet.stream_s for packet in chosen)
    if last_s < from_s:
        return None
    # A later picture that came along for its reference must not leave a hole before it.
    chosen += takewhile(lambda packet: packet.stream_s < last_s, islice(packets, ends[-1] + 1, None))
    return ClipPackets(tuple(chosen), first_s, last_s)
