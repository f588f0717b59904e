"""What waits in the outbox, and how much of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

IncidentState = Literal["queued", "acknowledged", "set_aside"]


@dataclass(frozen=True, slots=True)
class QueuedReport:
    """tries: how often this process has sent it. live: not backlog. urgent: of severity `safety`, live or not."""

    report_seq: int
    payload: bytes
    tries: int
    live: bool
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class QueuedFile:
    """content: a manifest's bytes; None for media, which lie at `path`."""

    sha256: str
    size_bytes: int
    path: Path | None
    content: bytes | None
    tries: int


@dataclass(frozen=True, slots=True)
class CommittedIncident:
    """acknowledged: the centre holds every revision; set_aside: it refused at least one."""

    incident_id: str
    type_id: str
    camera_id: str
    state: IncidentState
    revisions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OutboxDepth:
    """rows: queued; oldest_age_s, report_seq_low: of those; report_seq_high: the last number given out."""

    rows: int
    set_aside: int
    oldest_age_s: float | None
    files_pending: int
    files_rejected: int
    report_seq_low: int | None
    report_seq_high: int


@dataclass(frozen=True, slots=True)
class AnsweredCommand:
    """answer: the signed CommandResult, as it was sent and is sent again when somebody asks twice."""

    name: str
    version: int
    command_id: str
    answer: bytes
