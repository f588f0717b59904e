"""A frame as PNG (RFC 2083), lossless: written here, so that ISA-L compresses it, in a quarter of the time of zlib."""

import struct

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
BITS, COLOURS_RGB = 8, 2
FILTER_UP = 2  # each byte less the one above it; trying all five on each row takes twice as long for nothing less
LEVEL = 1  # 2 and 3 take up to twice as long for nothing less
STRIP_ROWS = 32  # with its differences it fits into a core's own cache: a quarter faster than the whole picture


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """image: (H, W, 3) uint8, BGR; the same pixels come back out."""
    height, width = image.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, BITS, COLOURS_RGB, 0, 0, 0)
    return b"".join((SIGNATURE, *_chunk(b"IHDR", header), *_chunk(b"IDAT", _compressed(image)), *_chunk(b"IEND", b"")))


def _compressed(image: NDArray[np.uint8]) -> bytes:
    height, width = image.shape[:2]
    deflate = isal_zlib.compressobj(LEVEL)
    rows = np.zeros((STRIP_ROWS + 1, width, 3), np.uint8)  # the first is the one above the strip
    flat = rows.reshape(STRIP_ROWS + 1, 3 * width)
    filtered = np.full((STRIP_ROWS, 1 + 3 * width), FILTER_UP, np.uint8)
    parts: list[bytes] = []
    for top in range(0, height, STRIP_ROWS):
        count = min(STRIP_ROWS, height - top)
        cv2.cvtColor(image[top : top + count], cv2.COLOR_BGR2RGB, rows[1 : count + 1])
        np.subtract(flat[1 : count + 1], flat[:count], out=filtered[:count, 1:])
        flat[0] = flat[count]
        parts.append(deflate.compress(filtered[:count]))
    return b"".join((*parts, deflate.flush()))


def _chunk(kind: bytes, data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    crc = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", crc)
