"""What the routes about incidents take and answer."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from central.cases.case import EvidenceState, ReasonCode, State, Verdict
from central.cases.service import NOTE_LENGTH_MAX, Proposal


class Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class IncidentLine(Answer):
    """One line of the list. version: decisions so far; the next one names it. priority: in the queue, the greatest
    first. AIGC: the label that text carries when a model had a part in it, else null.
    """

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
    revision: int
    state: State
    version: int = Field(validation_alias="decisions")
    priority: int
    evidence_state: EvidenceState
    evidence_reason: str | None
    late: bool
    text: dict[str, str]
    AIGC: dict[str, Any] | None = Field(validation_alias="aigc")


class IncidentPage(Answer):
    incidents: list[IncidentLine]
    next_cursor: str | None


class RevisionLine(Answer):
    revision: int
    report_seq: int
    phase: str
    payload_sha256: str
    manifest_sha256: str
    received_at: datetime


class DecisionLine(Answer):
    version: int
    decision: Verdict
    reason_code: str | None
    note: str
    reviewer: str
    authority: str
    seen_revision: int
    decided_at: datetime


class FileLine(Answer):
    """original: `GET /api/media/{sha256}` asks for `?access=TOKEN`."""

    revision: int
    sha256: str
    role: str
    media_type: str
    bytes: int
    state: str
    captured_first: datetime
    captured_last: datetime
    derived_from: str | None
    redacted: bool
    original: bool


class IncidentDetail(Answer):
    """report: the newest IncidentReport as received (contract: `xunjian.incident/1`)."""

    summary: IncidentLine
    report: dict[str, Any]
    revisions: list[RevisionLine]
    decisions: list[DecisionLine]
    files: list[FileLine]


class DecisionRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decision: Verdict
    reason_code: ReasonCode | None = None
    note: str = Field(default="", max_length=NOTE_LENGTH_MAX)
    version: int = Field(ge=0, le=2**31 - 1)
    seen_revision: int = Field(ge=0, le=2**31 - 1)

    def proposal(self) -> Proposal:
        return Proposal(self.decision, self.reason_code, self.note, self.version, self.seen_revision)


class DecisionAnswer(Answer):
    incident_id: str
    state: State
    version: int
