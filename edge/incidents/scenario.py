"""A test of rules as a value: who is where at which time, and exactly which incidents that makes.

Stream seconds from 0; relative frame coordinates, x right, y down, 0..1.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from contract.incident_report import CloseReason
from edge.rules.body_part import BodyPart, part_box
from edge.tracking.track import Box
from edge.tracking.tracker import TrackerSettings

Case = Literal["positive", "negative", "exempt"]
Through = Literal["tracks", "tracker"]

FORGOTTEN_S = TrackerSettings().lost_s_max  # unseen for longer, nothing keeps its track
WORN_SHARE = 0.6  # of the part's width and height: a helmet is smaller than the quarter of a person it is looked for in
ROUNDING_S = 1e-6  # two decimal times that are meant to be equal


@dataclass(frozen=True, slots=True)
class WayPoint:
    """Where the middle of the lower edge of the box is at `t_s`, and how large the box is."""

    t_s: float
    x: float
    y: float
    width: float
    height: float

    @property
    def box(self) -> Box:
        return self.x - self.width / 2, self.y - self.height, self.x + self.width / 2, self.y


@dataclass(frozen=True, slots=True)
class Span:
    """From `start_s` to `end_s`, the end not included."""

    start_s: float
    end_s: float

    def covers(self, t_s: float) -> bool:
        return self.start_s - ROUNDING_S <= t_s < self.end_s - ROUNDING_S


@dataclass(frozen=True, slots=True)
class Worn:
    """A detection that goes with a track: a helmet on the head, or in the hand. place: a part of the body, or a box
    relative to the subject's own.
    """

    class_name: str
    place: BodyPart | Box
    span: Span
    score: float

    def box_on(self, subject: Box) -> Box:
        if isinstance(self.place, str):
            x1, y1, x2, y2 = part_box(self.place, subject)
            dx, dy = (x2 - x1) * (1 - WORN_SHARE) / 2, (y2 - y1) * (1 - WORN_SHARE) / 2
            return x1 + dx, y1 + dy, x2 - dx, y2 - dy
        x1, y1, x2, y2 = subject
        left, top, right, bottom = self.place
        width, height = x2 - x1, y2 - y1
        return x1 + left * width, y1 + top * height, x1 + right * width, y1 + bottom * height


@dataclass(frozen=True, slots=True)
class Actor:
    """One thing on its way, straight from point to point; it is in the picture from the first of them to the last.

    scores: from which second on the detector is how sure, in order; of an `object`, something left that has no class,
    how surely it has come there and not gone. unseen: when it is not detected at all.
    track_id: its track; through the real tracker only a name.
    """

    track_id: int
    class_name: str
    way: tuple[WayPoint, ...]
    scores: tuple[tuple[float, float], ...]
    unseen: tuple[Span, ...] = ()
    worn: tuple[Worn, ...] = ()

    def place_at(self, t_s: float) -> WayPoint | None:
        """None before its way begins and after it has ended."""
        if not self.way[0].t_s - ROUNDING_S <= t_s <= self.way[-1].t_s + ROUNDING_S:
            return None
        after = next((index for index, point in enumerate(self.way) if point.t_s >= t_s), len(self.way) - 1)
        a, b = self.way[max(after - 1, 0)], self.way[after]
        share = (t_s - a.t_s) / (b.t_s - a.t_s) if b.t_s > a.t_s else 1.0
        share = min(max(share, 0.0), 1.0)

        def between(start: float, end: float) -> float:
            return start + (end - start) * share

        return WayPoint(
            t_s, between(a.x, b.x), between(a.y, b.y), between(a.width, b.width), between(a.height, b.height)
        )

    def seen_at(self, t_s: float) -> bool:
        return self.place_at(t_s) is not None and not any(span.covers(t_s) for span in self.unseen)

    def score_at(self, t_s: float) -> float:
        return [score for since_s, score in self.scores if since_s <= t_s + ROUNDING_S or since_s == self.scores[0][0]][
            -1
        ]


@dataclass(frozen=True, slots=True)
class Expected:
    """One incident, in every way that matters. None: not looked at. place_id: of the zone or line.

    subjects: the ids of its tracks, `attributes` what they wear at the end, by track and name.
    """

    rule_id: str
    place_id: str
    type_id: str
    opened_s: float
    closed_s: float
    subjects: tuple[int, ...]
    close_reason: CloseReason = "ended"
    first_seen_s: float | None = None
    last_seen_s: float | None = None
    attributes: Mapping[int, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """rule_id: the one rule that is tested; None: all of the file. start: local wall time of second 0.

    through: `tracks` gives the rules these very tracks; `tracker` lets the box's tracker make them of detections.
    silence: when the camera sends nothing. ends: how everything that is open at the last frame is closed.
    tolerance_s: by how much an expected time may be missed.
    """

    name: str
    line: int
    why: str
    camera_id: str
    start: datetime
    fps: float
    length_s: float
    width_px: int
    height_px: int
    actors: tuple[Actor, ...]
    expected: tuple[Expected, ...]
    rule_id: str | None = None
    case: Case | None = None
    through: Through = "tracks"
    silence: tuple[Span, ...] = ()
    ends: CloseReason = "ended"
    tolerance_s: float = 0.0

    def times_s(self) -> Sequence[float]:
        """Of the frames that the camera sends."""
        times = (round(index / self.fps, 6) for index in range(int(self.length_s * self.fps + ROUNDING_S) + 1))
        return [t_s for t_s in times if not any(span.covers(t_s) for span in self.silence)]

    def lost_for_s(self, actor: Actor) -> float:
        """The longest time from one frame in which the actor is seen to the next."""
        seen = [t_s for t_s in self.times_s() if actor.seen_at(t_s)]
        return max((after - before for before, after in itertools.pairwise(seen)), default=0.0)
