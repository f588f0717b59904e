"""What a picture file says of itself before anything decodes it: a decoder makes gigabytes of a small file, and half a
picture of half a file, without a word.
"""

from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_SCAN = 0xDA


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """width, height: px. channels: of a JPEG, four is CMYK; None where the file does not say. whole: it has its end."""

    width: int
    height: int
    channels: int | None
    whole: bool


def read_header(content: bytes) -> PictureHeader | None:
    """None for what is no JPEG, PNG, BMP or WebP, or breaks off before it says its size."""
    if content.startswith(_PNG):
        return _png(content)
    if content.startswith(b"BM"):
        return _bmp(content)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _webp(content)
    return _jpeg(content) if content.startswith(b"\xff\xd8") else None


def _png(content: bytes) -> PictureHeader | None:
    if len(content) < 24 or content[12:16] != b"IHDR":
        return None
    width, height = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    return PictureHeader(width, height, None, b"IEND" in content[-64:])


def _bmp(content: bytes) -> PictureHeader | None:
    """Rows may stand upside down: then the height is negative."""
    if len(content) < 26:
        return None
    said = int.from_bytes(content[2:6], "little")
    width, height = (abs(int.from_bytes(content[at : at + 4], "little", signed=True)) for at in (18, 22))
    return PictureHeader(width, height, None, len(content) >= said)


def _webp(content: bytes) -> PictureHeader | None:
    """Its three kinds of first chunk, as RFC 9649 has them."""
    if len(content) < 30:
        return None
    whole = len(content) >= int.from_bytes(content[4:8], "little") + 8
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (int.from_bytes(content[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    else:
        return None
    return PictureHeader(width, height, None, whole)


def _jpeg(content: bytes) -> PictureHeader | None:
    """Marker after marker up to the scan, as ITU-T T.81 annex B has them; a thumbnail's own lie inside a segment."""
    found: PictureHeader | None = None
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            return found
        marker = content[at + 1]
        if marker == 0xFF or marker in _JPEG_WITHOUT_LENGTH:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        segment = content[at + 4 : at + 2 + length]
        if marker in _JPEG_FRAMES and len(segment) >= 6:
            height, width = int.from_bytes(segment[1:3], "big"), int.from_bytes(segment[3:5], "big")
            found = PictureHeader(width, height, segment[5], content.rfind(b"\xff\xd9") > at)
        if marker == _JPEG_SCAN or length < 2:
            return found
        at += 2 + length
    return found
