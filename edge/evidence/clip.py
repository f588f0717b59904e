"""A clip: a camera's own packets in a file, not one of them encoded again.

H.264 and H.265 become MP4 with the index in front, so that a browser plays and scrubs it while it loads; everything
else becomes Matroska. Units of Annex B are stored with their length before them, as MP4 asks; their bytes stay (the
parameter sets of H.265 move to the header).
"""

import io
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from contract.evidence_manifest import MediaType
from edge.capture.packet_ring import ClipPackets, EncodedPacket, StreamFormat
from edge.capture.parameter_sets import is_annex_b, parameter_sets

if TYPE_CHECKING:
    from av.stream import Stream

MP4_CODECS = frozenset({"h264", "hevc"})
_HVCC_ARRAYS_AT = 22  # ISO/IEC 14496-15: how many parameter-set arrays a `hvcC` record holds


class ClipError(Exception):
    """The packets cannot be put into a file; the message says why."""


def clip_media_type(clip: ClipPackets) -> MediaType:
    return "video/mp4" if clip.packets[0].format.codec in MP4_CODECS else "video/x-matroska"


def write_clip(clip: ClipPackets, path: Path) -> None:
    """Fills `path`; the first picture shown is at 0. The same packets give the same bytes.

    Raises ClipError for packets that no file can hold, OSError when the disk does not take them.
    """
    packets = clip.packets
    header = _with_parameter_sets(packets[0])
    mp4 = clip_media_type(clip) == "video/mp4"
    options = {"fflags": "+bitexact"} | ({"movflags": "+faststart"} if mp4 else {})
    try:
        with (
            _template(header) as template,
            av.open(str(path), "w", format="mp4" if mp4 else "matroska", container_options=options) as container,
        ):
            stream = container.add_stream_from_template(template.streams.video[0], opaque=True)
            _describe(stream, header)
            for packet in packets:
                container.mux_one(_muxed(packet, packets[0].pts, stream))
    except (ValueError, av.error.FFmpegError) as error:
        if isinstance(error, OSError):
            raise
        raise ClipError(f"a clip of {header.codec} cannot be written: {error}") from error


def _with_parameter_sets(first: EncodedPacket) -> StreamFormat:
    """The format with what an MP4 header needs: a stream without it in its description has it in its keyframes."""
    stated = first.format
    if stated.codec not in MP4_CODECS or stated.extradata:
        return stated
    found = parameter_sets(stated.codec, first.data)
    if found is None:
        raise ClipError(f"a clip of {stated.codec} cannot be written: the stream never sent its parameter sets")
    return StreamFormat(stated.codec, stated.width, stated.height, stated.time_base, found)


def _template(header: StreamFormat) -> InputContainer:
    """An opened stream of this codec, to copy a description from.

    PyAV takes a description for packets that it did not encode only from a stream that it reads, so it gets one packet
    in FFmpeg's own container, which holds every codec.
    """
    held = io.BytesIO()
    with av.open(held, "w", format="nut") as container:
        stream = container.add_mux_stream(header.codec, rate=25, width=header.width, height=header.height)
        packet = av.Packet(b"\x00")
        packet.stream, packet.pts, packet.dts, packet.is_keyframe = stream, 0, 0, True
        packet.time_base = Fraction(1, 25)
        container.mux_one(packet)
    held.seek(0)
    return av.open(held, "r", format="nut", options={"probesize": "32", "analyzeduration": "0"})


def _describe(stream: VideoStream, header: StreamFormat) -> None:
    stream.time_base = header.time_base
    stream.codec_context.extradata = header.extradata
    stream.codec_context.width, stream.codec_context.height = header.width, header.height
    if header.codec == "hevc" and header.extradata and _sets_are_in_front(header.extradata):
        stream.codec_context.codec_tag = "hvc1"  # browsers refuse `hev1`, which looks for them between the pictures


def _sets_are_in_front(extradata: bytes) -> bool:
    return is_annex_b(extradata) or extradata[_HVCC_ARRAYS_AT : _HVCC_ARRAYS_AT + 1] > b"\x00"


def _muxed(packet: EncodedPacket, start: int, stream: VideoStream) -> "av.Packet[Stream]":
    muxed = av.Packet(packet.data)
    muxed.stream = stream
    muxed.time_base = packet.format.time_base
    muxed.pts, muxed.dts, muxed.duration = packet.pts - start, packet.dts - start, packet.duration
    muxed.is_keyframe = packet.keyframe
    return muxed
