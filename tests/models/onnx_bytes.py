"""ONNX files written field by field: those that no exporter would write."""

import struct

FLOAT = 1
OPSET = 17


def varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def part(field: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def tensor(name: str, dims: tuple[int, ...], *values: float, location: str | None = None) -> bytes:
    """location: of the file beside it that holds the values."""
    written = b"".join(number(1, side) for side in dims) + number(2, FLOAT) + part(8, name)
    if location is None:
        return written + part(9, struct.pack(f"<{len(values)}f", *values))
    return written + part(13, part(1, "location") + part(2, location)) + number(14, 1)


def taking(name: str, *sides: int | str) -> bytes:
    """A value with a shape; a side that is a word is free."""
    dims = b"".join(part(1, number(1, side) if isinstance(side, int) else part(2, side)) for side in sides)
    return part(1, name) + part(2, part(1, number(1, FLOAT) + part(2, dims)))


def node(operator: str, inputs: tuple[str, ...], output: str, *attributes: bytes) -> bytes:
    return (
        b"".join(part(1, one) for one in inputs)
        + part(2, output)
        + part(3, output)
        + part(4, operator)
        + b"".join(part(5, one) for one in attributes)
    )


def model(
    nodes: tuple[bytes, ...],
    initializers: tuple[bytes, ...] = (),
    image: tuple[int | str, ...] = ("n", 3, "h", "w"),
    found: tuple[int | str, ...] = ("n", "k", 6),
) -> bytes:
    """A network from `images` to `found`."""
    graph = (
        b"".join(part(1, one) for one in nodes)
        + part(2, "tiny")
        + b"".join(part(5, one) for one in initializers)
        + part(11, taking("images", *image))
        + part(12, taking("found", *found))
    )
    return number(1, 8) + part(7, graph) + part(8, part(1, "") + number(2, OPSET))


def seeing_nothing(image: tuple[int | str, ...] = ("n", 3, "h", "w")) -> bytes:
    """A detector with an end-to-end head that finds nothing: one row of zeros, whatever the picture."""
    rows = (
        node("ReduceMean", ("images",), "mean", ints("axes", 1, 2, 3), whole("keepdims", 1)),
        node("Reshape", ("mean", "shape"), "flat"),
        node("Mul", ("flat", "zeros"), "found"),
    )
    shape = number(1, 3) + number(2, 7) + part(8, "shape") + part(9, struct.pack("<3q", -1, 1, 1))
    return model(rows, (shape, tensor("zeros", (1, 1, 6), *[0.0] * 6)), image)


def ints(name: str, *values: int) -> bytes:
    return part(1, name) + b"".join(number(8, value) for value in values) + number(20, 7)


def whole(name: str, value: int) -> bytes:
    return part(1, name) + number(3, value) + number(20, 2)
