"""An ONNX file's outline, read by hand: whether it is one, and whether it holds its own weights.

Read from the protobuf wire format (protobuf.dev/programming-guides/encoding) by the field numbers of `onnx.proto3`,
without building anything, so that a hostile file costs no memory before a runtime is let near it.
"""

from collections.abc import Iterator

from models.errors import EngineError

FIELDS_MAX = 2_000_000
DEPTH_MAX = 32  # graphs in attributes of nodes of graphs
VARINT_BYTES_MAX = 10
LOCATION_CHARACTERS_MAX = 100

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
EXTERNAL_DATA = 13  # of a tensor: where its numbers lie, as pairs of key and value
DATA_LOCATION = 14  # likewise; 1: in another file
GRAPH = 7  # of a model
INNER: dict[str, dict[int, str]] = {
    "model": {GRAPH: "graph", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "training": {1: "graph", 2: "graph"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}


def check_outline(content: bytes) -> None:
    """Raises EngineError when the content is no ONNX model, claims more bytes than there are, nests or counts beyond
    all measure, or keeps weights in another file: a runtime would open whatever path is written there.
    """
    waiting = [("model", memoryview(content), 0)]
    left, graphs = FIELDS_MAX, 0
    while waiting:
        kind, message, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise EngineError(f"graphs are nested more than {DEPTH_MAX} deep; export the network without control flow")
        for number, wire, value in _fields(message):
            left -= 1
            if left < 0:
                raise EngineError(f"more than {FIELDS_MAX} fields; store weights as raw data")
            if kind == "tensor" and (
                (number == EXTERNAL_DATA and wire == BYTES) or (number == DATA_LOCATION and value == 1)
            ):
                raise EngineError(
                    f"keeps weights in another file{_location(value)}; save the network as one file that holds them"
                )
            if isinstance(value, memoryview) and (inner := INNER[kind].get(number)):
                graphs += (kind, number) == ("model", GRAPH)
                waiting.append((inner, value, depth + 1))
    if graphs != 1:
        raise EngineError("this is no ONNX file; give the model's .onnx")


def _fields(message: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """Number, wire type and value: a number, or the bytes of it. Raises EngineError."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        value: int | memoryview
        if wire == VARINT:
            value, at = _varint(message, at)
        elif wire in (FIXED32, FIXED64, BYTES):
            size, at = (4 if wire == FIXED32 else 8, at) if wire != BYTES else _varint(message, at)
            if size > len(message) - at:
                raise EngineError(
                    f"this is no whole ONNX file: a part claims {size} bytes where {len(message) - at} are left; "
                    "get the file again"
                )
            value = message[at : at + size]
            at += size
        else:
            raise EngineError("this is no ONNX file; give the model's .onnx")
        yield number, wire, value


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(VARINT_BYTES_MAX):
        if at + shift >= len(message):
            break
        byte = message[at + shift]
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, at + shift + 1
    raise EngineError("this is no ONNX file; give the model's .onnx")


def _location(entry: int | memoryview) -> str:
    if isinstance(entry, int):
        return ""
    parts = {number: value for number, _, value in _fields(entry) if isinstance(value, memoryview)}
    if bytes(parts.get(1, b"")) != b"location":
        return ""
    name = bytes(parts.get(2, b""))[:LOCATION_CHARACTERS_MAX].decode("utf-8", "replace")
    return f" ({name!r})"
