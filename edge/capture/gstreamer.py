"""GStreamer decodes H.264 and H.265: on a Jetson its video engine does (`nvv4l2decoder`), elsewhere the processor.

Pictures leave the engine's memory (NVMM) as planes of 4:2:0, converted by the engine's own scaler.
"""

import ctypes
from collections.abc import Iterator, Sequence
from ctypes import POINTER, byref
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from edge.capture import gst_library as gst
from edge.capture.camera import CameraError
from edge.capture.decoder import Decoded, DecodeError, Decoder
from edge.capture.ffmpeg_decoder import FFmpegDecoder, colours_of
from edge.capture.parameter_sets import is_annex_b, parameter_sets
from models.detector.raster import Colours, Planes

if TYPE_CHECKING:
    from av.packet import Packet  # generic for type checkers only

SECOND_NS = 1_000_000_000
TIME_ZERO_NS = 3600 * SECOND_NS  # GStreamer knows no time below 0; the first packets of B pictures have one
AHEAD_S_MAX = 0.05  # how long a picture that is due is waited for
STUCK_S_MAX = 4.0
HELD_MAX = 48  # packets without their pictures: codecs hold back 16, an engine's queues some more
FAILURES_MAX = 3  # pipelines in a row that gave no picture


@dataclass(frozen=True, slots=True)
class Way:
    """element: what decodes; then: what makes its pictures planes in ordinary memory."""

    element: str
    then: str


@dataclass(frozen=True, slots=True)
class Codec:
    media: str
    lengths: str  # stream-format of packets that are divided by lengths
    parser: str
    ways: tuple[Way, ...]  # the best first


JETSON = Way("nvv4l2decoder", "nvvidconv")
CODECS = {
    "h264": Codec("video/x-h264", "avc", "h264parse", (JETSON, Way("avdec_h264 max-threads=1", "videoconvert"))),
    "hevc": Codec("video/x-h265", "hvc1", "h265parse", (JETSON, Way("avdec_h265 max-threads=1", "videoconvert"))),
}


def decoder_of(stream: VideoStream, time_base: Fraction) -> Decoder:
    """FFmpeg's for what is neither H.264 nor H.265. Raises CameraError, which says what to install."""
    name = stream.codec_context.codec.canonical_name
    if name not in CODECS:
        return FFmpegDecoder(stream, time_base)
    return GstDecoder(stream, time_base)


def decoder_by_engine(stream: VideoStream, time_base: Fraction) -> Decoder:
    """As `decoder_of`, by the video engine only. Raises CameraError where there is none."""
    name = stream.codec_context.codec.canonical_name
    return GstDecoder(stream, time_base, (JETSON,)) if name in CODECS else FFmpegDecoder(stream, time_base)


class GstPicture(Decoded):
    """Holds the decoder's buffer until nobody holds this. colours: as the stream states them; GStreamer would guess."""

    def __init__(self, sample: int, pts: int | None, colours: Colours) -> None:
        self._library = gst.loaded()
        self._sample = sample
        self._colours = colours
        self.pts = pts

    def __del__(self) -> None:
        self._library.gst_mini_object_unref(self._sample)

    def pixels(self) -> Planes:
        """Copies: the decoder wants its buffer back. Raises CameraError for a picture that cannot be read."""
        library, info, frame = self._library, gst.VideoInfo(), gst.VideoFrame()
        caps, buffer = library.gst_sample_get_caps(self._sample), library.gst_sample_get_buffer(self._sample)
        read = library.gst_video_info_from_caps(byref(info), caps)
        if not read or not library.gst_video_frame_map(byref(frame), byref(info), buffer, gst.MAP_READ):
            raise CameraError("GStreamer gave a picture that cannot be read; set `decoder: ffmpeg`")
        try:
            height, width = int(info.height), int(info.width)
            half = (-(-height // 2), -(-width // 2))
            y, u, v = (_plane(frame, at, shape) for at, shape in enumerate(((height, width), half, half)))
        finally:
            library.gst_video_frame_unmap(byref(frame))
        return Planes(y, u, v, self._colours)


def _plane(frame: gst.VideoFrame, at: int, shape: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = shape
    stride = int(frame.info.stride[at])
    held = ctypes.cast(frame.data[at], POINTER(ctypes.c_uint8))
    lines = np.ctypeslib.as_array(held, (stride * (height - 1) + width,))
    return np.lib.stride_tricks.as_strided(lines, shape, (stride, 1)).copy()


class GstDecoder(Decoder):
    """A pipeline from a queue of packets to a queue of pictures, which run in threads of GStreamer's own.

    A pipeline that breaks is made anew, and goes on from the next keyframe. `decode` waits for the picture that is due,
    so that none lies about until the next packet comes: as many as the codec holds back are learnt.
    """

    shares_context = False

    def __init__(self, stream: VideoStream, time_base: Fraction, ways: Sequence[Way] = ()) -> None:
        """ways: in the place of the codec's own."""
        self._library = gst.loaded()
        self._context = stream.codec_context
        self._name = self._context.codec.canonical_name
        self._codec = CODECS[self._name]
        self._extradata = self._context.extradata
        self._annex_b = is_annex_b(self._extradata)
        self._time_base = time_base
        self._way = self._chosen(ways or self._codec.ways)
        self._pipeline: _Pipeline | None = None
        self._pending: dict[int, int | None] = {}  # what was pushed and has no picture yet: nanoseconds, pts
        self._held_back = 0
        self._failures = 0
        self._why = "no reason given"
        self._begin()

    def _chosen(self, ways: Sequence[Way]) -> Way:
        if not self._library.has(self._codec.parser):
            raise CameraError(f"GStreamer has no {self._codec.parser}; {gst.INSTALL}")
        for way in ways:
            if all(self._library.has(one.split()[0]) for one in (way.element, way.then)):
                return way
        raise CameraError(f"GStreamer has nothing that decodes {self._name}; {gst.INSTALL}")

    def _begin(self) -> None:
        stream_format = "byte-stream" if self._annex_b else self._codec.lengths
        caps = f"{self._codec.media},stream-format=(string){stream_format},alignment=(string)au"
        if not self._annex_b and self._extradata:
            caps += f",codec_data=(buffer){self._extradata.hex()}"
        self._pipeline = _Pipeline(
            self._library,
            f'appsrc name=in format=time caps="{caps}" ! {self._codec.parser} ! {self._way.element} ! '
            f"{self._way.then} ! video/x-raw,format=(string)I420 ! appsink name=out sync=false",
        )
        self._fresh = True
        self._pending.clear()
        self._held_back = 0

    def decode(self, packet: "Packet[VideoStream]") -> Sequence[Decoded]:
        if self._fresh and not packet.is_keyframe and self._failures:
            return ()
        if self._pipeline is None:
            self._begin()
        assert self._pipeline is not None
        at = self._nanoseconds(packet.pts if packet.pts is not None else packet.dts)
        stamps = (gst.NO_TIME, gst.NO_TIME) if packet.pts is None else (at, self._nanoseconds(packet.dts))
        taken = self._pipeline.push(self._with_sets(packet), *stamps)
        self._pending[at] = packet.pts
        pictures = list(self._pulled()) if taken else []
        stuck = not taken or len(self._pending) > HELD_MAX
        if pictures:
            self._failures = 0
        elif stuck or self._pipeline.failed():
            self._give_up()
        return pictures

    def _nanoseconds(self, stamp: int | None) -> int:
        return TIME_ZERO_NS + round((stamp or 0) * self._time_base * SECOND_NS)

    def _with_sets(self, packet: "Packet[VideoStream]") -> bytes:
        """A stream may say how it is decoded in its description only."""
        data, fresh = bytes(packet), self._fresh
        self._fresh = False
        if fresh and self._annex_b and self._extradata and parameter_sets(self._name, data) is None:
            return self._extradata + data
        return data

    def _pulled(self) -> Iterator[Decoded]:
        """All that is there; the one that is due is waited for."""
        assert self._pipeline is not None
        while True:
            due = len(self._pending) > self._held_back
            wait_s = STUCK_S_MAX if len(self._pending) > HELD_MAX else AHEAD_S_MAX if due else 0.0
            picture = self._pipeline.pull(wait_s)
            if picture is None:
                self._held_back = max(self._held_back, len(self._pending))
                return
            yield self._matched(*picture)
            self._held_back = min(self._held_back, len(self._pending))

    def _matched(self, sample: int, at: int) -> Decoded:
        """Pictures come in the order of showing: what is shown before this one, and did not come, never will."""
        colours = colours_of(self._context, self._context.pix_fmt)
        if at not in self._pending or self._pending[at] is None:
            self._pending.pop(next(iter(self._pending), at), None)
            return GstPicture(sample, None, colours)
        pts = self._pending[at]
        self._pending = {other: held for other, held in self._pending.items() if other > at}
        return GstPicture(sample, pts, colours)

    def _give_up(self) -> None:
        """Raises DecodeError, and CameraError when this has gone on for too long."""
        assert self._pipeline is not None
        self._why = self._pipeline.failed() or "no picture came"
        self._failures += 1
        self.close()
        if self._failures >= FAILURES_MAX:
            raise CameraError(f"{self._way.element.split()[0]} of GStreamer does not decode it ({self._why})")
        self._begin()
        raise DecodeError(self._why)

    def flush(self) -> Sequence[Decoded]:
        if self._pipeline is None:
            return ()
        self._pipeline.end()
        pictures = []
        while (picture := self._pipeline.pull(STUCK_S_MAX)) is not None:
            pictures.append(self._matched(*picture))
        self.close()
        return pictures

    def close(self) -> None:
        if self._pipeline is not None:
            self._pipeline.close()
            self._pipeline = None


class _Pipeline:
    """Raises CameraError when it cannot be made."""

    def __init__(self, library: Any, description: str) -> None:
        self._library = library
        error = POINTER(gst.GError)()
        self._element = library.gst_parse_launch(description.encode(), byref(error))
        if not self._element or error:
            raise CameraError(f"GStreamer's pipeline cannot be made ({library.words_of(error)}); {gst.INSTALL}")
        self._source = library.gst_bin_get_by_name(self._element, b"in")
        self._sink = library.gst_bin_get_by_name(self._element, b"out")
        self._bus = library.gst_element_get_bus(self._element)
        self._why = ""
        if library.gst_element_set_state(self._element, gst.STATE_PLAYING) == gst.STATE_FAILED:
            why = self.failed()
            self.close()
            raise CameraError(f"GStreamer's pipeline does not start ({why}); {gst.INSTALL}")

    def push(self, data: bytes, pts: int, dts: int) -> bool:
        """Times in nanoseconds. False when it takes no more."""
        buffer = self._library.gst_buffer_new_allocate(None, len(data), None)
        if not buffer:
            raise CameraError(f"GStreamer has no memory for a packet of {len(data)} bytes")
        self._library.gst_buffer_fill(buffer, 0, data, len(data))
        buffer.contents.pts, buffer.contents.dts = pts, dts
        return bool(self._library.gst_app_src_push_buffer(self._source, buffer) == gst.FLOW_OK)

    def pull(self, within_s: float) -> tuple[int, int] | None:
        """A sample, which the caller owns, and its nanoseconds."""
        sample = self._library.gst_app_sink_try_pull_sample(self._sink, round(within_s * SECOND_NS))
        return None if not sample else (sample, int(self._library.gst_sample_get_buffer(sample).contents.pts))

    def end(self) -> None:
        self._library.gst_app_src_end_of_stream(self._source)

    def failed(self) -> str:
        """Why, in its own words; empty while it runs."""
        while message := self._library.gst_bus_pop_filtered(self._bus, gst.MESSAGE_ERROR):
            error = POINTER(gst.GError)()
            self._library.gst_message_parse_error(message, byref(error), None)
            words = self._library.words_of(error)
            self._why = self._why or words  # the first is the cause of the others
            self._library.gst_mini_object_unref(message)
        return self._why

    def close(self) -> None:
        self._library.gst_element_set_state(self._element, gst.STATE_NULL)
        for held in (self._source, self._sink, self._bus, self._element):
            self._library.gst_object_unref(held)
