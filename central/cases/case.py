"""A case: one incident as a reviewer meets it. A machine's finding is a lead until a named person decided."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

State = Literal["lead", "confirmed", "rejected", "inconclusive"]
Verdict = Literal["confirmed", "rejected", "inconclusive"]
EvidenceState = Literal["pending", "complete", "unverified"]
ReasonCode = Literal[
    "no_violation",
    "unclear",
    "wrong_type",
    "wrong_zone",
    "exempt_vehicle",
    "permitted",
    "duplicate",
    "already_handled",
    "party_unknown",
    "device_not_lawful",
    "time_unreliable",
    "privacy",
    "model_error",
    "other",
]
STATES: tuple[State, ...] = get_args(State)
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
REASON_CODES: tuple[ReasonCode, ...] = get_args(ReasonCode)
Order = Literal["priority", "newest"]
LATE_AFTER_S = 60.0  # from `opened` to its arrival here; a longer way is said beside the lead


class StaleDecisionError(Exception):
    """Somebody decided in between. `version`: how many decisions there are now."""

    def __init__(self, version: int) -> None:
        super().__init__(f"this incident has {version} decisions by now: look again")
        self.version = version


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """One line of the list. `thumbnail`: base64 of a JPEG whose people are pixelated, when the box sent one."""

    incident_id: str
    box_id: str
    camera_id: str
    tenant: str
    site: str
    zone_id: str
    type_id: str
    severity: str
    phase: str
    first_seen: datetime
    opened: datetime
    last_seen: datetime
    closed: datetime | None
    received_at: datetime
    updated_at: datetime
    revision: int
    state: State
    decisions: int
    priority: int
    evidence_state: EvidenceState
    evidence_reason: str | None
    late: bool
    conflicts: int
    place_differs: bool
    text: dict[str, str]  # by language: zh-CN, en
    aigc: dict[str, Any] | None  # the label of a text that a model had a part in
    thumbnail: str | None


@dataclass(frozen=True, slots=True)
class StoredRevision:
    stored_seq: int
    revision: int
    report_seq: int
    phase: str
    payload_sha256: str
    manifest_sha256: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class MadeDecision:
    version: int
    decision: Verdict
    reason_code: str | None
    note: str
    reviewer: str
    authority: str
    seen_revision: int
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Conflict:
    """A signed report that was refused because other bytes stand under its number; both are kept."""

    revision: int
    report_seq: int
    reason: str
    payload_sha256: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """`report`: the newest IncidentReport as received (contract.md). Revisions and decisions oldest first."""

    summary: CaseSummary
    report: dict[str, Any]
    revisions: tuple[StoredRevision, ...]
    decisions: tuple[MadeDecision, ...]
    refused: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """All that are set must hold. since, until: of `opened`. reason_code: of the newest decision. text: in zone,
    camera, type, ids or description.
    """

    type_id: str | None = None
    tenant: str | None = None
    site: str | None = None
    camera_id: str | None = None
    severity: str | None = None
    state: State | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason_code: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class CasePage:
    """`next_cursor`: None on the last page."""

    cases: tuple[CaseSummary, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A stored revision, in the order of commits: what an event stream sends and resumes from."""

    stored_seq: int
    incident_id: str
    revision: int
    phase: str
    type_id: str
    severity: str
    camera_id: str
    state: State
    received_at: datetime
