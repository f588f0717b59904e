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
    """None for what is neither JPEG nor PNG, or breaks off before it says its size."""
    if content.startswith(_PNG):
        return _png(content)
    return _jpeg(content) if content.startswith(b"\xff\xd8") else None


def _png(content: bytes) -> PictureHeader | None:
    if len(content) < 24 or content[12:16] != b"IHDR":
        return None
    width, height = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    return PictureHeader(width, height, None, b"IEND" in content[-64:])


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
