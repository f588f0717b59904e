"""How long conditions have held, counted on through short failures: what every kind with a dwell has in common."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.rules.rule import Rule
from edge.rules.violation import Condition, Violation
from edge.tracking.track import Track

ROUNDING_S = 1e-6  # two decimal times that are meant to be equal


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last sample on which the conditions held; stream seconds."""

    first_s: float
    last_s: float
    opened_s: float | None = None
    longest_gap_s: float = 0.0

    def lives(self, now_s: float, gap_s: float) -> bool:
        """Has the time since the conditions last held not exceeded the gap?"""
        return now_s - self.last_s <= gap_s + ROUNDING_S


def advance(
    span: Span | None, now_s: float, *, holds: bool, gap_s: float, dwell_s: float, since_s: float | None = None
) -> Span | None:
    """One more sample. None when nothing goes on: the span has ended, or none has begun.

    Two samples on which the conditions hold belong to one span when at most `gap_s` lies between them. It opens on the
    first sample on which they hold and `dwell_s` have passed since they first did, gaps included.
    """
    if span is not None and not span.lives(now_s, gap_s):
        span = None
    if not holds:
        return span
    if span is None:
        span = Span(now_s if since_s is None else min(since_s, now_s), now_s)
    gap = now_s - span.last_s
    opened_s = span.opened_s
    if opened_s is None and now_s - span.first_s >= dwell_s - ROUNDING_S:
        opened_s = now_s
    return replace(span, last_s=now_s, opened_s=opened_s, longest_gap_s=max(span.longest_gap_s, gap))


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one sample showed where the conditions hold. since_s: if they begin to hold now, since when they have."""

    tracks: tuple[Track, ...]
    conditions: tuple[Condition, ...]
    since_s: float | None = None


class Dwells:
    """The spans of one rule in one camera, by key: a track id, or one key for a zone as a whole.

    Holds what lives only: a span that ended is forgotten with the next sample.
    """

    def __init__(self, rule: Rule, dwell_s: float) -> None:
        self._rule = rule
        self._dwell_s = dwell_s
        self._spans: dict[int, Span] = {}
        self._sightings: dict[int, Sighting] = {}

    def lives(self, key: int, now_s: float, gap_s: float) -> bool:
        return key in self._spans and self._spans[key].lives(now_s, gap_s)

    def observe(self, holding: Mapping[int, Sighting], now_s: float, gap_s: float) -> tuple[Violation, ...]:
        """holding: where the conditions hold in this sample."""
        spans: dict[int, Span] = {}
        for key in [*self._spans, *(key for key in holding if key not in self._spans)]:
            sighting = holding.get(key)
            span = advance(
                self._spans.get(key),
                now_s,
                holds=sighting is not None,
                gap_s=gap_s,
                dwell_s=self._dwell_s,
                since_s=sighting.since_s if sighting else None,
            )
            if span is not None:
                spans[key] = span
        self._sightings = {key: holding.get(key) or self._sightings[key] for key in spans}
        self._spans = spans
        return tuple(self._violation(span, self._sightings[key], gap_s) for key, span in spans.items())

    def _violation(self, span: Span, sighting: Sighting, gap_s: float) -> Violation:
        dwell_s = round(span.last_s - span.first_s, 3)
        done = dwell_s >= self._dwell_s - ROUNDING_S
        trace = (
            *sighting.conditions,
            Condition("longest_gap", round(span.longest_gap_s, 3), round(gap_s, 3), "s", holds=True),
            Condition("dwell", dwell_s, self._dwell_s, "s", holds=done),
        )
        return Violation(self._rule, sighting.tracks, span.first_s, span.last_s, span.opened_s, trace)
