"""One object followed over time in one camera."""

from dataclasses import dataclass
from typing import NamedTuple

Box = tuple[float, float, float, float]


class Track(NamedTuple):
    """box: the last detected box, relative `[x1, y1, x2, y2]`; predicted_box: the motion model's box at `now_s`.

    Times are stream seconds. `frames` counts detections that were matched. ids are per camera, from 1, never reused.
    A named tuple, because one is made per object and frame: a frozen dataclass takes four times as long to make.
    """

    track_id: int
    class_name: str
    score: float
    box: Box
    predicted_box: Box
    first_s: float
    last_s: float
    now_s: float
    frames: int


@dataclass(frozen=True, slots=True)
class Tracks:
    """The tracker's answer for one frame.

    seen: confirmed tracks matched in this frame. lost: confirmed tracks not matched now but still remembered (their
    `predicted_box` is what a new track is compared with). ended: ids forgotten in this frame.
    """

    camera_id: str
    stream_s: float
    seen: tuple[Track, ...]
    lost: tuple[Track, ...]
    ended: tuple[int, ...]
