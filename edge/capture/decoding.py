"""FFmpeg by PyAV: an opened source's packets into the ring, its pictures out. Files and streams share it.

What a broken-off or ended source means (a truncated file, a camera that is gone) is judged by the camera, not here.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from edge.capture.camera import CameraError, CredentialsError
from edge.capture.packet_ring import EncodedPacket, PacketRing, StreamFormat
from edge.capture.parameter_sets import is_annex_b, parameter_sets
from edge.capture.timeline import Timeline

if TYPE_CHECKING:
    from av.packet import Packet  # generic for type checkers only

PACKETS_BEFORE_KEYFRAME_MAX = 600  # streams of intra refresh never send one: after these, take what comes
RATE_UNKNOWN = 25
NO_VIDEO_FORMATS = frozenset({"tty"})  # FFmpeg draws any `.txt` as a terminal would
REORDERED_MAX = 32  # H.264 and H.265 hold back at most 16 pictures


class ReadError(CameraError):
    """The source was open and broke off while it was read."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Decoded, not yet converted: a picture that is dropped costs no conversion."""

    stream_s: float
    frame: VideoFrame

    def image(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8, BGR."""
        return np.ascontiguousarray(self.frame.to_ndarray(format="bgr24"), dtype=np.uint8)


class VideoSource:
    """The first video stream of one opened source. `pictures` may be read once.

    url: what FFmpeg opens; shown: the same as people may read it, the beginning of every error.
    Raises CameraError when the source cannot be opened or holds no video that can be decoded.
    """

    def __init__(
        self,
        url: str,
        shown: str,
        ring: PacketRing,
        *,
        options: dict[str, str] | None = None,
        open_s_max: float | None = None,
        read_s_max: float | None = None,
    ) -> None:
        self._shown = shown
        self._ring = ring
        try:
            self._container: InputContainer = av.open(
                url, "r", options=options or {}, timeout=(open_s_max, read_s_max), metadata_errors="replace"
            )
        except (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError) as error:
            raise CredentialsError(f"{shown}: the camera refuses the user name or password; check both") from error
        except av.error.FFmpegError as error:
            raise CameraError(f"{shown}: {_why_not_opened(error, is_file=url.startswith('file:'))}") from error
        try:
            if self._container.format.name in NO_VIDEO_FORMATS:
                raise CameraError(f"{shown}: is a text, not a video; give a video file")
            self._stream = _video_stream(self._container, shown)
        except CameraError:
            self._container.close()
            raise
        self._interval_s = 1 / float(self._stream.average_rate or self._stream.guessed_rate or RATE_UNKNOWN)
        time_base = self._stream.time_base
        assert time_base is not None, "FFmpeg gives every demuxed stream a time base"
        self.timeline = Timeline(time_base, max(1, round(self._interval_s / time_base)))
        length = self._container.duration
        self.expected_s = None if length is None else length / av.time_base  # as the source says
        self._last_s = 0.0
        self._unstamped: list[int] = []
        self._format: StreamFormat | None = None
        self.packets_undecodable = 0
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True
        self._container.close()

    def go_on_from(self, timeline: Timeline | None, start_s: float = 0.0) -> None:
        """Continues the scale that an earlier run of the same source left, not before `start_s`."""
        if timeline is not None and timeline.time_base == self.timeline.time_base:
            timeline.restart(start_s)
            self.timeline = timeline
        else:
            interval = max(1, round(self._interval_s / self.timeline.time_base))
            self.timeline = Timeline(self.timeline.time_base, interval, start_s)
        self._last_s = start_s

    def pictures(self) -> Iterator[Picture]:
        """Pictures in the order of showing, until the source ends. A packet that does not decode is passed over.

        Raises ReadError when the source breaks off or stalls longer than `read_s_max`.
        """
        decoder = self._stream.codec_context
        for packet in self._packets():
            stamped = packet.pts is not None
            pts, dts = self.timeline.place(packet.pts, packet.dts, packet.duration)
            packet.pts, packet.dts = pts if stamped else None, dts
            if not stamped:
                self._expect(pts)
            try:
                frames = decoder.decode(packet)
            except av.error.FFmpegError:
                self.packets_undecodable += 1
                frames = []
            self._ring.append(self._encoded(packet, pts, dts))
            yield from (self._picture(frame) for frame in frames)
        if self.closed:
            return
        try:
            yield from (self._picture(frame) for frame in decoder.decode(None))
        except av.error.FFmpegError:
            self.packets_undecodable += 1

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        """From the first keyframe on: what comes before it refers to pictures that never came."""
        waited = 0
        try:
            for packet in self._container.demux(self._stream):
                if packet.size == 0:  # the end; `pictures` flushes the decoder itself
                    continue
                if packet.is_keyframe:
                    waited = PACKETS_BEFORE_KEYFRAME_MAX
                if waited >= PACKETS_BEFORE_KEYFRAME_MAX:
                    yield packet
                    if self.closed:  # reading on from a closed container crashes the process
                        return
                waited += 1
        except av.error.FFmpegError as error:
            raise ReadError(f"{self._shown}: {_reason(error)}") from error

    def _encoded(self, packet: "Packet[VideoStream]", pts: int, dts: int) -> EncodedPacket:
        data = bytes(packet)
        if packet.is_keyframe or self._format is None:
            self._format = self._format_from(data)
        return EncodedPacket(
            float(pts * self.timeline.time_base),
            pts,
            dts,
            packet.duration or 0,
            packet.is_keyframe,
            data,
            self._format,
        )

    def _format_from(self, keyframe: bytes) -> StreamFormat:
        """The format from this keyframe on: what the camera sends with it counts more than what it announced."""
        codec = self._stream.codec_context
        name = codec.codec.canonical_name
        sent = parameter_sets(name, keyframe) if is_annex_b(codec.extradata) else None
        now = StreamFormat(name, codec.width, codec.height, self.timeline.time_base, sent or codec.extradata)
        return self._format if self._format == now else now

    def _expect(self, pts: int) -> None:
        """A packet that does not say when it is shown: pictures come out in that order, each takes the earliest."""
        heapq.heappush(self._unstamped, pts)
        while len(self._unstamped) > REORDERED_MAX:  # pictures that never came out
            heapq.heappop(self._unstamped)

    def _picture(self, frame: VideoFrame) -> Picture:
        pts = frame.pts
        if pts is None and self._unstamped:
            pts = heapq.heappop(self._unstamped)
        stream_s = self._last_s + self._interval_s if pts is None else float(pts * self.timeline.time_base)
        self._last_s = max(self._last_s, stream_s)
        return Picture(self._last_s, frame)


def _video_stream(container: InputContainer, shown: str) -> VideoStream:
    streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not streams:
        held = "only sound" if container.streams.audio else "no video stream"
        raise CameraError(f"{shown}: holds {held}; give a video file or a camera's video address")
    if streams[0].codec_context is None:
        raise CameraError(f"{shown}: its codec is not known; convert it to H.264, or set the camera to H.264 or H.265")
    return streams[0]


def _why_not_opened(error: av.error.FFmpegError, *, is_file: bool) -> str:
    match error:
        case av.error.FileNotFoundError():
            return "no such file; check the path"
        case av.error.PermissionError():
            return "may not be read; check the file's permissions"
        case av.error.IsADirectoryError():
            return "is a folder; give one video file"
        case av.error.InvalidDataError() | av.error.EOFError() if is_file:
            return (
                "is not a video that can be read (wrong format, or cut off before its index); copy or record it again"
            )
        case av.error.HTTPNotFoundError():
            return "the camera has no stream of this path; check the address in its manual"
        case av.error.InvalidDataError() | av.error.EOFError():
            return "what answers there is no camera that speaks RTSP; check address and port"
        case av.error.ExitError() | av.error.TimeoutError():
            return "does not answer in time; check that it is switched on and that the network reaches it"
        case _:
            return f"cannot be opened ({_reason(error)}); check the address and the network"


def _reason(error: av.error.FFmpegError) -> str:
    """FFmpeg's own words, without the address, which may hold a password."""
    if isinstance(error, av.error.ExitError):
        return "nothing more came in time"
    return error.strerror or type(error).__name__
