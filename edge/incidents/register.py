"""The open incidents of one camera: merges violations into acts, cools down, closes.

One act has one id. What counts as one act is the contract's word "Merge":
(a) a track's violation goes on with the incident it is in, when it began less than `cool_down_s` after that ended;
(b) a new track goes on for one that the tracker lost inside the zone at most `merge_s` before, when its box overlaps
    where the lost one should be by now (IoU at least 0.3);
(c) a crossing always opens one; (d) a zone as a whole has one open incident.
A violation whose dwell is not done opens nothing, but the incident that it would go on with waits for it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contract.ids import uuid7
from contract.incident_report import CloseReason
from edge.clock import Moment
from edge.incidents.incident import Incident, IncidentChange, Instant, close, extend, open_incident
from edge.incidents.membership import Membership
from edge.rules.rule import Rule
from edge.rules.violation import Violation
from edge.tracking.track import Tracks

ROUNDING_S = 1e-6  # two decimal times that are meant to be equal


@dataclass(slots=True)
class _Act:
    """An open incident and what it can be continued by."""

    incident: Incident
    members: Membership
    goes_on: bool = True  # a violation of it goes on in this frame, its dwell done or not


class Register:
    """Its memory is bounded by the tracks that live and the incidents that cool down."""

    def __init__(self, camera_id: str, new_id: Callable[[datetime], str] = uuid7) -> None:
        """new_id: makes an incident's id of the wall time at which it opens."""
        self._camera_id = camera_id
        self._new_id = new_id
        self._acts: list[_Act] = []
        self._known: set[int] = set()  # tracks that live

    @property
    def open_incidents(self) -> tuple[Incident, ...]:
        return tuple(act.incident for act in self._acts)

    def observe(self, violations: Sequence[Violation], tracks: Tracks, moment: Moment) -> tuple[IncidentChange, ...]:
        """One frame: what `Judge.observe` said of `tracks`. moment: the frame's. Closings come before openings.

        An incident opens in the frame in which the dwell is done, so its subjects' boxes are boxes of this frame.
        """
        now = Instant(tracks.stream_s, moment)
        self._follow(tracks)
        for act in self._acts:
            act.goes_on = False
        starting = [violation for violation in violations if not self._continue(violation, now)]
        closings = tuple(self._close_cooled_down(now))
        openings = (self._open(violation, now) for violation in starting if violation.opened_s is not None)
        return (*closings, *(IncidentChange("open", incident) for incident in openings))

    def finish(self, stream_s: float, moment: Moment, reason: CloseReason) -> tuple[IncidentChange, ...]:
        """Closes everything at once: `ended` at the end of a file, `interrupted` at a shutdown, `camera_lost`, ..."""
        now = Instant(stream_s, moment)
        acts, self._acts = self._acts, []
        return tuple(IncidentChange("close", close(act.incident, now, reason)) for act in acts)

    def change_rules(
        self, rules: Sequence[Rule], stream_s: float, moment: Moment, reason: CloseReason
    ) -> tuple[IncidentChange, ...]:
        """Closes what a rule has opened that is not among these, word for word (`rule_changed`, or `disabled` while it
        is paused); the rest goes on.
        """
        now = Instant(stream_s, moment)
        gone = [act for act in self._acts if act.incident.rule not in rules]
        self._acts = [act for act in self._acts if act.incident.rule in rules]
        return tuple(IncidentChange("close", close(act.incident, now, reason)) for act in gone)

    def _follow(self, tracks: Tracks) -> None:
        new = [track for track in tracks.seen if track.track_id not in self._known]
        for act in self._acts:
            act.members.follow(tracks, new)
        self._known |= {track.track_id for track in (*tracks.seen, *tracks.lost)}
        self._known -= set(tracks.ended)

    def _continue(self, violation: Violation, now: Instant) -> bool:
        """Lets the violation go on with the incident it belongs to; False when there is none."""
        for act in self._acts:
            if not self._belongs(violation, act):
                continue
            act.goes_on = True
            if violation.opened_s is not None:
                new = act.members.add(violation.tracks)
                act.incident = extend(act.incident, violation, _at(now, violation.last_s), new)
            return True
        return False

    def _belongs(self, violation: Violation, act: _Act) -> bool:
        incident = act.incident
        if violation.rule != incident.rule or violation.rule.scope == "crossing":
            return False
        if violation.rule.scope == "track" and not act.members.holds(violation.tracks[0].track_id):
            return False
        return violation.first_s - incident.last_seen.stream_s < violation.rule.cool_down_s - ROUNDING_S or (
            violation.first_s <= incident.last_seen.stream_s
        )

    def _open(self, violation: Violation, now: Instant) -> Incident:
        incident = open_incident(
            self._new_id(now.moment.wall), self._camera_id, violation, _at(now, violation.first_s), now
        )
        members = Membership(violation.rule)
        members.add(violation.tracks)
        self._acts.append(_Act(incident, members))
        return incident

    def _close_cooled_down(self, now: Instant) -> Iterable[IncidentChange]:
        staying = []
        for act in self._acts:
            quiet_s = now.stream_s - act.incident.last_seen.stream_s
            if act.goes_on or quiet_s < act.incident.rule.cool_down_s - ROUNDING_S:
                staying.append(act)
            else:
                yield IncidentChange("close", close(act.incident, now, "ended"))
        self._acts = staying


def _at(now: Instant, stream_s: float) -> Instant:
    """An earlier time of the stream by the clocks of now: the two run alike over the length of a dwell."""
    back_s = now.stream_s - stream_s
    moment = replace(
        now.moment,
        wall=now.moment.wall - timedelta(seconds=back_s),
        monotonic_ms=max(now.moment.monotonic_ms - round(back_s * 1000), 0),
    )
    return Instant(stream_s, moment)
