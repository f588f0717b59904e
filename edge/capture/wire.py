"""What a camera's process and the box say to each other: JSON, and packets as bytes behind it.

Not pickle: the process decodes whatever a camera sends, and what it answers must not be able to run code in the box.
Everything read here raises ValueError when it is not what it should be.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from fractions import Fraction
from multiprocessing.connection import Connection
from typing import Any, Literal, get_args

from edge.capture.packet_ring import ClipPackets, EncodedPacket, StreamFormat
from edge.capture.picture_slot import Layout
from edge.clock import ClockQuality, Moment
from models.detector.raster import Colours, Matrix

HEADER_BYTES_MAX = 64 * 2**20
Question = Literal["take", "clip", "packets", "stop"]
AnswerKind = Literal["opened", "frame", "nothing", "ended", "failed", "packets"]


@dataclass(frozen=True, slots=True)
class Counts:
    """Of a camera's process since its start. attempts: connections tried. waiting: for the next of them."""

    frames_in: int
    frames_dropped: int
    attempts: int
    waiting: bool
    bytes_held: int
    fault: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """What stands in the picture slot."""

    index: int
    stream_s: float
    layout: Layout
    moment: Moment


def send(connection: Connection, kind: AnswerKind | Question, **facts: Any) -> None:
    connection.send_bytes(json.dumps({"kind": kind} | facts).encode())


def receive(connection: Connection) -> dict[str, Any]:
    """Raises ValueError; EOFError or OSError when the other side is gone."""
    value = json.loads(connection.recv_bytes(HEADER_BYTES_MAX))
    if isinstance(value, dict) and isinstance(value.get("kind"), str):
        return value
    raise ValueError("not a message of a camera's process")


def counts_from(message: dict[str, Any]) -> Counts:
    try:
        frames_in, dropped, attempts, waiting, held, fault = message["counts"]
        return Counts(int(frames_in), int(dropped), int(attempts), bool(waiting), int(held), fault and str(fault))
    except (KeyError, TypeError) as error:
        raise ValueError("counts of another form") from error


def look_fields(look: Look) -> dict[str, Any]:
    moment = look.moment
    stamps = [moment.wall.isoformat(), moment.monotonic_ms, moment.boot_id, *astuple(moment.quality)]
    layout, colours = look.layout, look.layout.colours
    planes = None if colours is None else astuple(colours)
    return {"look": [look.index, look.stream_s, layout.height, layout.width, planes], "moment": stamps}


def look_from(message: dict[str, Any]) -> Look:
    try:
        index, stream_s, height, width, planes = message["look"]
        wall, monotonic_ms, boot_id, state, offset_ms, clock = message["moment"]
        moment = Moment(datetime.fromisoformat(wall), int(monotonic_ms), boot_id, ClockQuality(state, offset_ms, clock))
        return Look(int(index), float(stream_s), Layout(int(height), int(width), _colours_from(planes)), moment)
    except (KeyError, TypeError) as error:
        raise ValueError("a frame of another form") from error


def _colours_from(planes: list[Any] | None) -> Colours | None:
    if planes is None:
        return None
    matrix, full_range = planes
    if matrix not in get_args(Matrix):
        raise ValueError("colours of another form")
    return Colours(matrix, bool(full_range))


def send_packets(connection: Connection, packets: Sequence[EncodedPacket], **facts: Any) -> None:
    """Two messages: what they are, then all their bytes."""
    formats = list(dict.fromkeys(packet.format for packet in packets))
    numbers = {format_: index for index, format_ in enumerate(formats)}
    rows = [
        [one.stream_s, one.pts, one.dts, one.duration, one.keyframe, len(one.data), numbers[one.format]]
        for one in packets
    ]
    send(connection, "packets", formats=[_format_fields(one) for one in formats], rows=rows, **facts)
    connection.send_bytes(b"".join(packet.data for packet in packets))


def packets_from(message: dict[str, Any], data: bytes) -> tuple[EncodedPacket, ...]:
    packets, at = [], 0
    try:
        formats = [_format_from(fields) for fields in message["formats"]]
        for stream_s, pts, dts, duration, keyframe, size, number in message["rows"]:
            held = data[at : at + size]
            at += size
            packets.append(
                EncodedPacket(float(stream_s), int(pts), int(dts), int(duration), bool(keyframe), held, formats[number])
            )
    except (KeyError, TypeError, IndexError, ZeroDivisionError) as error:
        raise ValueError("packets of another form") from error
    if at != len(data):
        raise ValueError("packets of another length")
    return tuple(packets)


def clip_from(message: dict[str, Any], data: bytes) -> ClipPackets | None:
    packets = packets_from(message, data)
    if not packets:
        return None
    try:
        first_s, last_s = message["span"]
        return ClipPackets(packets, float(first_s), float(last_s))
    except (KeyError, TypeError) as error:
        raise ValueError("a clip of another form") from error


def _format_fields(one: StreamFormat) -> list[Any]:
    extradata = None if one.extradata is None else b64encode(one.extradata).decode()
    return [one.codec, one.width, one.height, one.time_base.numerator, one.time_base.denominator, extradata]


def _format_from(fields: list[Any]) -> StreamFormat:
    codec, width, height, numerator, denominator, extradata = fields
    held = None if extradata is None else b64decode(extradata, validate=True)
    return StreamFormat(str(codec), int(width), int(height), Fraction(numerator, denominator), held)
