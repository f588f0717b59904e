"""One act: violations of one rule that were merged under one id, from `opened` to `closed`.

A value and its three moves. Which violation belongs to which incident is `register.py`'s business.
"""

from dataclasses import dataclass, replace
from typing import Literal

from contract.incident_report import SUBJECTS_MAX, CloseReason
from edge.clock import Moment
from edge.rules.rule import Rule
from edge.rules.violation import Attribute, Condition, Violation
from edge.rules.zone import Point
from edge.tracking.track import Box, Track


class IncidentStateError(Exception):
    """A move that the incident's state does not allow: a mistake of the caller."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A time of the stream, and when that was by the box's clocks."""

    stream_s: float
    moment: Moment


@dataclass(frozen=True, slots=True)
class Subject:
    """score: the best so far. frames: detections of the track so far. box: relative `[x1, y1, x2, y2]`, inside the
    picture, as detected at `seen_s`, the newest frame in which the track broke the rule. attributes: what it
    wore then, where a rule of the camera judges that.
    """

    track_id: int
    class_name: str
    score: float
    frames: int
    box: Box
    seen_s: float
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Incident:
    """first_seen: the conditions first held. opened: the dwell was done. last_seen: they last held.

    subjects: at most 50, those seen last come first; subjects_total counts all there ever were. trace: what the rule
    measured when the incident opened; with `rule` it is enough to compute the verdict again.
    """

    incident_id: str
    camera_id: str
    rule: Rule
    first_seen: Instant
    opened: Instant
    last_seen: Instant
    subjects: tuple[Subject, ...]
    subjects_total: int
    trace: tuple[Condition, ...]
    closed: Instant | None = None
    close_reason: CloseReason | None = None

    @property
    def state(self) -> Literal["open", "closed"]:
        return "closed" if self.closed else "open"

    @property
    def place_id(self) -> str:
        return self.rule.place_id

    @property
    def polygon(self) -> tuple[Point, ...]:
        """The zone's corners, or the two points of the line; relative."""
        return self.rule.polygon


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """What the box has to report: an incident was opened, or it was closed."""

    phase: Literal["open", "close"]
    incident: Incident


def open_incident(
    incident_id: str, camera_id: str, violation: Violation, first_seen: Instant, opened: Instant
) -> Incident:
    """Raises IncidentStateError for a violation whose dwell is not done."""
    if violation.opened_s is None:
        raise IncidentStateError(f"rule {violation.rule.rule_id}: the dwell is not done, nothing opens yet")
    return Incident(
        incident_id=incident_id,
        camera_id=camera_id,
        rule=violation.rule,
        first_seen=first_seen,
        opened=opened,
        last_seen=opened,
        subjects=_newest_first({track.track_id: _subject(track, violation) for track in violation.tracks}),
        subjects_total=len(violation.tracks),
        trace=violation.trace,
    )


def extend(incident: Incident, violation: Violation, last_seen: Instant, subjects_new: int) -> Incident:
    """The act goes on. last_seen: when the violation last held. subjects_new: tracks that were not in it before.

    Raises IncidentStateError for a closed incident, another rule's violation, or one whose dwell is not done.
    """
    if incident.state == "closed":
        raise IncidentStateError(f"incident {incident.incident_id} is closed: it cannot go on")
    if violation.rule != incident.rule or violation.opened_s is None:
        raise IncidentStateError(f"incident {incident.incident_id}: not a violation that it can go on with")
    subjects = {subject.track_id: subject for subject in incident.subjects}
    for track in violation.tracks:
        subjects[track.track_id] = _subject(track, violation, subjects.get(track.track_id))
    return replace(
        incident,
        last_seen=max(incident.last_seen, last_seen, key=lambda instant: instant.stream_s),
        subjects=_newest_first(subjects),
        subjects_total=incident.subjects_total + subjects_new,
    )


def close(incident: Incident, closed: Instant, reason: CloseReason) -> Incident:
    """Raises IncidentStateError for an incident that is closed, or a time before it was last seen."""
    if incident.state == "closed":
        raise IncidentStateError(f"incident {incident.incident_id} is closed already")
    if closed.stream_s < incident.last_seen.stream_s:
        raise IncidentStateError(f"incident {incident.incident_id} was seen after {closed.stream_s} s")
    return replace(incident, closed=closed, close_reason=reason)


def _subject(track: Track, violation: Violation, before: Subject | None = None) -> Subject:
    x1, y1, x2, y2 = (min(max(value, 0.0), 1.0) for value in track.box)
    best = max(track.score, before.score) if before else track.score
    attributes = violation.attributes.get(track.track_id, ())
    return Subject(track.track_id, track.class_name, best, track.frames, (x1, y1, x2, y2), track.last_s, attributes)


def _newest_first(subjects: dict[int, Subject]) -> tuple[Subject, ...]:
    ordered = sorted(subjects.values(), key=lambda subject: (-subject.seen_s, subject.track_id))
    return tuple(ordered[:SUBJECTS_MAX])
