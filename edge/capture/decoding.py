"""FFmpeg by PyAV: an opened source's packets into the ring, and through a decoder its pictures out. Files and streams
share it.

What a broken-off or ended source means (a truncated file, a camera that is gone) is judged by the camera, not here.
"""

import contextlib
import heapq
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Self

import av
import av.error

from edge.capture.camera import CameraError
from edge.capture.container import NO_VIDEO_FORMATS, opened, video_stream
from edge.capture.decoder import Decoded, DecodeError, Decoder, MakeDecoder, Picture
from edge.capture.ffmpeg_decoder import FFmpegDecoder
from edge.capture.ffmpeg_errors import reason
from edge.capture.packet_ring import EncodedPacket, PacketRing, StreamFormat
from edge.capture.parameter_sets import is_annex_b, parameter_sets
from edge.capture.timeline import Timeline

if TYPE_CHECKING:
    from av.packet import Packet  # generic for type checkers only
    from av.video.stream import VideoStream

PACKETS_BEFORE_KEYFRAME_MAX = 600  # streams of intra refresh never send one: after these, take what comes
RATE_UNKNOWN = 25
BLIND_S_MAX = 5.0  # of packets that give no picture, from a camera: another codec than it announced, or worse
UNSTAMPED_FORMATS = frozenset({"mpjpeg", "mjpeg", "jpeg_pipe"})  # pictures one after the other, without their times
ARRIVAL_TIME_BASE = Fraction(1, 90_000)
BURST_S = 1.5
LEFT_OUT_MAX = 7  # pictures in a row: cameras send one or two B pictures after each other one
REORDERED_MAX = 32  # H.264 and H.265 hold back at most 16 pictures


class ReadError(CameraError):
    """The source was open and broke off while it was read."""


class VideoSource:
    """The first video stream of one opened source. `pictures` may be read once.

    url: what FFmpeg opens; shown: the same as people may read it, the beginning of every error. ring: None keeps none.
    arrival_s: a clock, for formats whose packets carry no time.
    Raises CameraError when the source cannot be opened or holds no video that can be decoded.
    """

    def __init__(
        self,
        url: str,
        shown: str,
        ring: PacketRing | None,
        *,
        container_format: str | None = None,
        options: dict[str, str] | None = None,
        open_s_max: float | None = None,
        read_s_max: float | None = None,
        arrival_s: Callable[[], float] | None = None,
    ) -> None:
        self._shown = shown
        self._ring = ring
        self._sparing = False
        self._sparable = True
        self._left_out = self._left_out_run = 0
        self._live = read_s_max is not None
        self._pictured_s: float | None = None
        self._container = opened(url, shown, container_format, options, (open_s_max, read_s_max))
        try:
            if self._container.format.name in NO_VIDEO_FORMATS:
                raise CameraError(f"{shown}: is a text, not a video; give a video file")
            self._stream = video_stream(self._container, shown)
        except CameraError:
            self._container.close()
            raise
        self._interval_s = 1 / float(self._stream.average_rate or self._stream.guessed_rate or RATE_UNKNOWN)
        time_base = self._stream.time_base
        assert time_base is not None, "FFmpeg gives every demuxed stream a time base"
        self._arrival_s = arrival_s if self._container.format.name in UNSTAMPED_FORMATS else None
        self._start_s: Callable[[], float] | None = None
        self._time_base = time_base if self._arrival_s is None else ARRIVAL_TIME_BASE
        self.timeline = self._new_timeline(0.0)
        length = self._container.duration
        self.expected_s = None if length is None else length / av.time_base  # as the source says
        self._decoder: Decoder = FFmpegDecoder(self._stream, self._time_base)
        self._last_s = 0.0
        self._unstamped: list[int] = []
        self._format: StreamFormat | None = None
        self.packets_undecodable = 0
        self.without_keyframe = 0  # packets so far, until one comes
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True
        self._decoder.close()
        self._container.close()

    def decode_by(self, make: MakeDecoder) -> None:
        """In the place of FFmpeg's own decoder, before `pictures`. Raises CameraError, and is closed then."""
        try:
            self._decoder = make(self._stream, self._time_base)
        except CameraError:
            self.close()
            raise

    def go_on_from(self, timeline: Timeline | None, start_s: Callable[[], float] = lambda: 0.0) -> None:
        """Continues the scale that an earlier run of the same camera left, not before `start_s`, which is asked when
        the first packet is there.
        """
        end_s = 0.0 if timeline is None else timeline.end_s
        if timeline is not None and timeline.time_base == self._time_base:
            self.timeline = timeline
        self._start_s = lambda: max(start_s(), end_s)

    def _begin(self, start_s: float) -> None:
        self.timeline.restart(start_s)
        self._last_s = start_s

    def _new_timeline(self, start_s: float) -> Timeline:
        return Timeline(self._time_base, max(1, round(self._interval_s / self._time_base)), start_s)

    def _place(self, packet: "Packet[VideoStream]") -> tuple[int, int]:
        if self._arrival_s is not None:
            now = round(self._arrival_s() / self._time_base)
            return self.timeline.place(now, now, None)
        return self.timeline.place(packet.pts, packet.dts, packet.duration)

    def pictures(self) -> Iterator[Picture]:
        """Pictures in the order of showing, until the source ends. A packet that does not decode is passed over.

        Raises ReadError when the source breaks off or stalls longer than `read_s_max`, or when a live one goes on with
        packets that give no picture: connected again, it says what it sends now.
        """
        for packet in self._packets():
            if self._start_s is not None:
                self._begin(self._start_s())
                self._start_s = None
            stamped = packet.pts is not None or self._arrival_s is not None
            pts, dts = self._place(packet)
            packet.pts, packet.dts = pts if stamped else None, dts
            if not stamped:
                self._expect(pts)
            try:
                pictures = self._decoder.decode(packet)
                self._count_left_out(len(pictures))
            except DecodeError:
                self.packets_undecodable += 1
                pictures = ()
            if self._ring is not None:
                self._ring.append(self._encoded(packet, pts, dts, decoded=self._decoder.shares_context))
            yield from (self._picture(one) for one in pictures)
            self._check_sight(float(pts * self.timeline.time_base), seen=bool(pictures))
        if self.closed:
            return
        try:
            yield from (self._picture(one) for one in self._decoder.flush())
        except DecodeError:
            self.packets_undecodable += 1

    def spare(self, *, on: bool) -> int:
        """As `Decoder` has it, where packets say when they are shown and enough remains. How many pictures were left
        out since this was asked last.
        """
        on = on and self._sparable and not self._unstamped
        if on != self._sparing:
            self._sparing = on
            self._decoder.spare(on=on)
        left_out = max(0, self._left_out)
        self._left_out -= left_out
        return left_out

    def _count_left_out(self, pictures: int) -> None:
        """At a packet that gave so many. A stream in which nearly nothing refers to anything would come to a stop."""
        if not self._sparing:
            return
        self._left_out += 1 - pictures
        self._left_out_run = 0 if pictures else self._left_out_run + 1
        if self._left_out_run > LEFT_OUT_MAX:
            self._sparing = self._sparable = False
            self._decoder.spare(on=False)

    def _check_sight(self, now_s: float, *, seen: bool) -> None:
        """now_s: of the newest packet."""
        if seen or self._pictured_s is None:
            self._pictured_s = now_s
        elif self._live and now_s - self._pictured_s > BLIND_S_MAX:
            raise ReadError(
                f"{self._shown}: what it sends gives no picture any more (another codec than it announced, or damaged)"
            )

    def record(self, live_s: Callable[[], float], until: Callable[[], bool]) -> None:
        """Fills the ring without decoding. live_s: what stream time it is now, by another stream of the same camera.

        The first packets come in a burst, as old as the opening took; where they belong is known when it is over.
        Raises ReadError as `pictures` does.
        """
        burst: list[Packet[VideoStream]] = []
        began_s, offset_s, placed = live_s(), math.inf, False
        for packet in self._packets():
            if until():
                return
            burst.append(packet)
            if not placed:
                now_s = live_s()
                offset_s = min(offset_s, now_s - self._stamp_s(packet))
                if now_s - began_s < BURST_S:
                    continue
                self._begin(max(0.0, offset_s + self._stamp_s(burst[0])))
                placed = True
            for held in burst:
                self._keep(held)
            burst.clear()

    def _stamp_s(self, packet: "Packet[VideoStream]") -> float:
        stamp = packet.pts if packet.pts is not None else packet.dts
        return 0.0 if stamp is None else float(stamp * self._time_base)

    def _keep(self, packet: "Packet[VideoStream]") -> None:
        assert self._ring is not None, "recording without a ring"
        pts, dts = self._place(packet)
        self._ring.append(self._encoded(packet, pts, dts, decoded=False))

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        """From the first keyframe on: what comes before it refers to pictures that never came."""
        seen = False
        try:
            for packet in self._container.demux(self._stream):
                if packet.size == 0:  # the end; `pictures` flushes the decoder itself
                    continue
                seen = seen or packet.is_keyframe
                self.without_keyframe += not seen
                if seen or self.without_keyframe > PACKETS_BEFORE_KEYFRAME_MAX:
                    yield packet
                    if self.closed:  # reading on from a closed container crashes the process
                        return
        except av.error.FFmpegError as error:
            raise ReadError(f"{self._shown}: {reason(error)}") from error

    def _encoded(self, packet: "Packet[VideoStream]", pts: int, dts: int, *, decoded: bool) -> EncodedPacket:
        """decoded: the stream's own context has decoded it."""
        data = bytes(packet)
        if packet.is_keyframe or self._format is None:
            before, self._format = self._format, self._format_from(data)
            if not decoded and before not in (None, self._format):  # the size is in the picture only
                with contextlib.suppress(av.error.FFmpegError):
                    self._stream.codec_context.decode(packet)
                self._format = self._format_from(data)
        return EncodedPacket(
            float(pts * self.timeline.time_base),
            pts,
            dts,
            (packet.duration or 0) if self._arrival_s is None else 0,
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

    def _picture(self, decoded: Decoded) -> Picture:
        pts = decoded.pts
        if pts is None and self._unstamped:
            pts = heapq.heappop(self._unstamped)
        stream_s = self._last_s + self._interval_s if pts is None else float(pts * self.timeline.time_base)
        self._last_s = max(self._last_s, stream_s)
        return Picture(self._last_s, decoded)
