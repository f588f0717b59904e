"""Rules tried on tracks that were seen already: how many incidents they would have opened."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from edge.clock import ClockQuality, Moment
from edge.incidents.register import Register
from edge.rules.judge import Judge
from edge.rules.rule import Rule
from edge.tracking.track import Tracks


@dataclass(frozen=True, slots=True)
class Trial:
    """leads: by rule id, 0 where none. tracks: that were looked at. seconds: from the first sample to the last."""

    leads: dict[str, int]
    tracks: int
    seconds: float


def needs_pictures(rule: Rule) -> bool:
    """Whether the rule looks at more than tracks, so that tracks alone cannot say what it would have done."""
    return bool(rule.part_classes) or rule.kind == "left_object"


def try_rules(
    rules: Sequence[Rule], camera_id: str, samples: Iterable[Tracks], wall_at: Callable[[float], datetime]
) -> Trial:
    """rules: of this camera, none that needs pictures. wall_at: local wall time of a moment of the stream."""
    numbers = count(1)
    judge, register = Judge(rules, camera_id), Register(camera_id, new_id=lambda _: str(next(numbers)))
    leads = Counter({rule.rule_id: 0 for rule in rules})
    tracks: set[int] = set()
    first_s = last_s = None
    for sample in samples:
        local = wall_at(sample.stream_s)
        moment = Moment(local, round(sample.stream_s * 1000), "trial", ClockQuality("unsynced"))
        changes = register.observe(judge.observe(sample, local), sample, moment)
        leads.update(change.incident.rule.rule_id for change in changes if change.phase == "open")
        tracks.update(track.track_id for track in sample.seen)
        first_s, last_s = sample.stream_s if first_s is None else first_s, sample.stream_s
    seconds = 0.0 if first_s is None or last_s is None else last_s - first_s
    return Trial(dict(leads), len(tracks), seconds)
