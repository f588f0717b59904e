"""Little films for rules: a line of letters per track, one letter per sample.

    i inside the zone    o outside it    p in the permitted corner    . not seen, but remembered    x forgotten

The zone is the right half of the picture, the permitted corner its lower right quarter's outer part.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from edge.rules.judge import Judge
from edge.rules.rule import Rule
from edge.rules.scene import NO_PARTS, Parts
from edge.rules.violation import Violation
from edge.rules.zone import Zone
from edge.tracking.track import Box, Track, Tracks

CAMERA = "hall_1"
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ZONE = Zone("table", ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)))
PERMITTED = Zone("corner", ((0.8, 0.5), (1.0, 0.5), (1.0, 1.0), (0.8, 1.0)), kind="permitted")
BOXES: dict[str, Box] = {"i": (0.6, 0.2, 0.7, 0.6), "o": (0.2, 0.2, 0.3, 0.6), "p": (0.85, 0.4, 0.95, 0.9)}


@dataclass(frozen=True)
class Actor:
    """positions: a film of letters, or a box (None: not seen) for each sample."""

    positions: str | Sequence[Box | None]
    class_name: str = "person"
    score: float = 0.9
    predicted: Box | None = None  # where the motion model would have it while it is not seen; else where it was

    def box(self, index: int) -> Box | None:
        if index >= len(self.positions):
            return None
        position = self.positions[index]
        return BOXES.get(position) if isinstance(position, str) else position

    def forgotten(self, index: int) -> bool:
        return index < len(self.positions) and self.positions[index] == "x"


def film(actors: Mapping[int, str | Actor], fps: float = 10.0, start_s: float = 0.0) -> Iterator[Tracks]:
    """What the tracker says of these actors; keys are track ids. A film is as long as its longest line."""
    cast = {track_id: actor if isinstance(actor, Actor) else Actor(actor) for track_id, actor in actors.items()}
    told: dict[int, Track] = {}
    for index in range(max(len(actor.positions) for actor in cast.values())):
        now_s = round(start_s + index / fps, 6)
        seen, lost, ended = [], [], []
        for track_id, actor in cast.items():
            before, box = told.get(track_id), actor.box(index)
            if box is not None:
                first_s, frames = (before.first_s, before.frames + 1) if before else (now_s, 1)
                track = Track(track_id, actor.class_name, actor.score, box, box, first_s, now_s, now_s, frames)
                told[track_id] = track
                seen.append(track)
            elif before and actor.forgotten(index):
                ended.append(track_id)
                del told[track_id]
            elif before:
                lost.append(
                    Track(
                        track_id,
                        before.class_name,
                        before.score,
                        before.box,
                        actor.predicted or before.box,
                        before.first_s,
                        before.last_s,
                        now_s,
                        before.frames,
                    )
                )
        yield Tracks(CAMERA, now_s, tuple(seen), tuple(lost), tuple(ended))


def violations(
    rule: Rule,
    actors: Mapping[int, str | Actor],
    fps: float = 10.0,
    local: datetime = MONDAY,
    parts: Callable[[int], Parts] = lambda _: NO_PARTS,
) -> list[tuple[Violation, ...]]:
    """What the judge says of each sample of the film. parts: what is worn in the sample of a number, from 0."""
    judge = Judge((rule,), CAMERA)
    return [judge.observe(tracks, local, parts(index)) for index, tracks in enumerate(film(actors, fps))]


def opened(
    rule: Rule,
    actors: Mapping[int, str | Actor],
    fps: float = 10.0,
    local: datetime = MONDAY,
    parts: Callable[[int], Parts] = lambda _: NO_PARTS,
) -> list[float]:
    """At which seconds of the film a violation opened (its dwell was done)."""
    found = {
        (tuple(track.track_id for track in violation.tracks) if rule.scope != "zone" else (), violation.opened_s)
        for sample in violations(rule, actors, fps, local, parts)
        for violation in sample
        if violation.opened_s is not None
    }
    return sorted(opened_s for _, opened_s in found if opened_s is not None)
