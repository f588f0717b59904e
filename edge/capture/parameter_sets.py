"""H.264 and H.265 parameter sets inside Annex B packets (ITU-T H.264 and H.265, annex B).

A camera may send them with each keyframe only, and may change them while it runs; a file needs them in its header.
"""

from collections.abc import Iterator

_START = b"\x00\x00\x01"
_H264_SETS = frozenset({7, 8})  # sequence, picture
_H265_SETS = frozenset({32, 33, 34})  # video, sequence, picture


def is_annex_b(extradata: bytes | None) -> bool:
    """Whether a stream of this description divides its units by start codes.

    MP4 puts a unit's length before it and says so by a description that begins with 1. A packet itself does not tell:
    a length of 256 to 511 looks like a start code.
    """
    return extradata is None or not extradata.startswith(b"\x01")


def nal_units(data: bytes) -> Iterator[bytes]:
    """The units of an Annex B packet, without start codes."""
    begin = data.find(_START)
    while begin >= 0:
        begin += len(_START)
        end = data.find(_START, begin)
        unit = data[begin:] if end < 0 else data[begin:end]
        if unit := unit.rstrip(b"\x00"):
            yield unit
        begin = end


def parameter_sets(codec: str, data: bytes) -> bytes | None:
    """The sets that an Annex B packet carries before its picture, in Annex B; None when it carries no sequence set."""
    match codec:
        case "h264":
            sets = _leading(data, _H264_SETS, picture_types=range(1, 6), shift=0, mask=0x1F)
            first = 7
        case "hevc":
            sets = _leading(data, _H265_SETS, picture_types=range(32), shift=1, mask=0x3F)
            first = 33
        case _:
            return None
    if first not in {kind for kind, _ in sets}:
        return None
    return b"".join(b"\x00" + _START + unit for _, unit in sets)


def _leading(
    data: bytes, wanted: frozenset[int], *, picture_types: range, shift: int, mask: int
) -> list[tuple[int, bytes]]:
    sets: list[tuple[int, bytes]] = []
    for unit in nal_units(data):
        kind = unit[0] >> shift & mask
        if kind in picture_types:
            break  # a keyframe is large; nothing after its first slice is looked for
        if kind in wanted:
            sets.append((kind, unit))
    return sets
