"""What rules are asked about: the tracks of one frame, the detections of parts in it, what was left in it."""

from dataclasses import dataclass

from edge.tracking.still_region import StillRegion
from edge.tracking.track import Box, Tracks


@dataclass(frozen=True, slots=True)
class Found:
    """One detection, not joined to any track. box: relative `[x1, y1, x2, y2]`."""

    class_name: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Parts:
    """found: the detections of this frame whose classes `Judge.part_classes` names, at any score. The frame's size is
    of the decoded picture.
    """

    found: tuple[Found, ...]
    width_px: int
    height_px: int


NO_PARTS = Parts((), 0, 0)  # for rules that speak of tracks alone


@dataclass(frozen=True, slots=True)
class Scene:
    """regions: each stands among the tracks as well, under the same id, with the class `object`."""

    tracks: Tracks
    parts: Parts = NO_PARTS
    regions: tuple[StillRegion, ...] = ()

    @property
    def now_s(self) -> float:
        return self.tracks.stream_s
