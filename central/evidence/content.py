"""What a file is by its first and last bytes; pure. Whether a picture decodes, `decoder.py` finds out."""

import json
from typing import BinaryIO

PICTURES = {"image/png": "png", "image/jpeg": "jpeg"}
JSON_BYTES_MAX = 16 * 1024 * 1024
HEAD_BYTES = 16
TAIL_BYTES = 64

_HEADS: dict[str, tuple[int, bytes]] = {
    "image/png": (0, b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": (0, b"\xff\xd8\xff"),
    "video/mp4": (4, b"ftyp"),
    "video/x-matroska": (0, b"\x1a\x45\xdf\xa3"),
}
_TAILS: dict[str, bytes] = {"image/png": b"IEND\xaeB`\x82", "image/jpeg": b"\xff\xd9"}


def shape_fault(file: BinaryIO, size_bytes: int, media_type: str) -> str | None:
    """What shows at once that the file is not of its media type; None when nothing does."""
    if media_type == "application/json":
        return _json_fault(file, size_bytes)
    offset, magic = _HEADS[media_type]
    head = file.read(HEAD_BYTES)
    if head[offset : offset + len(magic)] != magic:
        return f"it is no {media_type}"
    tail = _TAILS.get(media_type)
    if tail is not None:
        file.seek(max(0, size_bytes - TAIL_BYTES))
        if tail not in file.read(TAIL_BYTES):
            return f"it is a {media_type} without its end"
    return None


def _json_fault(file: BinaryIO, size_bytes: int) -> str | None:
    if size_bytes > JSON_BYTES_MAX:
        return f"it is larger than {JSON_BYTES_MAX} bytes of JSON"
    try:
        json.loads(file.read())
    except (ValueError, RecursionError):
        return "it is no application/json"
    return None
