"""Something that was left and lies there, followed over time; no class is known of it."""

from dataclasses import dataclass

from edge.tracking.track import Box, Track

OBJECT = "object"  # what its class is called
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class StillRegion:
    """track_id: of the same numbers as the camera's tracks, so that one id means one thing. box: relative.

    area: share of the frame that it takes. spots: points spread evenly over it, relative: which share of them is in a
    zone says how much of it is. since_s: stream seconds since when it is there; seen_s: when it was last to be seen,
    people may stand in front of it. samples: how often it was. contour: how surely something has come there and not
    gone (`edge.detection.verdict`), -1 to 1.
    """

    track_id: int
    box: Box
    area: float
    spots: tuple[Point, ...]
    since_s: float
    seen_s: float
    samples: int
    contour: float

    def as_track(self, now_s: float) -> Track:
        """What the steps after the rules make pictures and reports of. Its score is the contour's."""
        score = min(max(self.contour, 0.0), 1.0)
        return Track(self.track_id, OBJECT, score, self.box, self.box, self.since_s, now_s, now_s, self.samples)
