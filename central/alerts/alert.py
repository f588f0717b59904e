"""An alert: a lead that has just arrived, once per incident. What interrupts and what waits is decided here, purely."""

from dataclasses import dataclass
from datetime import datetime

from central.cases.case import Change

SHAPES: dict[str, str] = {"safety": "▲", "alert": "●", "lead": "○"}  # severity by shape, not by colour alone


@dataclass(frozen=True, slots=True)
class Arrival:
    """A stored revision with what is known of its incident. first_stored_seq: of whichever revision came first."""

    change: Change
    first_stored_seq: int
    site: str
    opened: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class Alert:
    """alert_id: the stored_seq of the incident's first stored revision, so that a stream resumes after it.

    urgent: shown on top at once. A late one is counted like the others: what happened long ago interrupts nobody.
    """

    alert_id: int
    incident_id: str
    type_id: str
    severity: str
    camera_id: str
    site: str
    opened: datetime
    late: bool
    urgent: bool


def alert(arrival: Arrival) -> Alert | None:
    """The alert that an arrival raises: a first revision that nobody has decided; None for all others."""
    change = arrival.change
    if change.stored_seq != arrival.first_stored_seq or change.state != "lead":
        return None
    return Alert(
        alert_id=change.stored_seq,
        incident_id=change.incident_id,
        type_id=change.type_id,
        severity=change.severity,
        camera_id=change.camera_id,
        site=arrival.site,
        opened=arrival.opened,
        late=arrival.late,
        urgent=change.severity == "safety" and not arrival.late,
    )
