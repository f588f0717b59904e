"""Decisions: who may say what about which lead. The service enforces it; pages only show it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from central.audit.reviewer import Reviewer
from central.cases.case import Case, CaseSummary, MadeDecision, ReasonCode, Verdict
from central.cases.repository import decide, get_case

NOTE_LENGTH_MAX = 500


class DecisionRefusedError(Exception):
    """code: `not_found`, `evidence_unverified`, `reason_missing`, `reason_unexpected` or `note_missing`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a reviewer wants to record. version: decisions that the reviewer saw; seen_revision: the report read."""

    decision: Verdict
    reason_code: ReasonCode | None
    note: str
    version: int
    seen_revision: int


def refusal_to_confirm(summary: CaseSummary) -> str | None:
    """Why this lead cannot be confirmed by anybody, as a code; None when it can."""
    return "evidence_unverified" if summary.evidence_state == "unverified" else None


def check(proposal: Proposal) -> None:
    """A rejection says why; another decision carries no reason for one. Raises DecisionRefusedError."""
    if proposal.decision == "rejected" and proposal.reason_code is None:
        raise DecisionRefusedError("reason_missing", "a rejection needs one of the reason codes")
    if proposal.decision == "confirmed" and proposal.reason_code is not None:
        raise DecisionRefusedError("reason_unexpected", "reason codes are for rejected and inconclusive leads")
    if proposal.reason_code == "other" and not proposal.note.strip():
        raise DecisionRefusedError("note_missing", "the reason `other` needs a note")


def record_decision(session: Session, incident_id: str, proposal: Proposal, reviewer: Reviewer, now: datetime) -> Case:
    """The case with the decision on it. Raises DecisionRefusedError, StaleDecisionError."""
    check(proposal)
    case = get_case(session, incident_id)
    if case is None:
        raise DecisionRefusedError("not_found", "there is no such incident here")
    refusal = refusal_to_confirm(case.summary)
    if proposal.decision == "confirmed" and refusal is not None:
        reason = case.summary.evidence_reason or "its evidence does not verify"
        raise DecisionRefusedError(refusal, f"this lead cannot be confirmed: {reason}")
    made = MadeDecision(
        version=proposal.version + 1,
        decision=proposal.decision,
        reason_code=proposal.reason_code,
        note=proposal.note.strip(),
        reviewer=reviewer.name,
        authority=reviewer.authority,
        seen_revision=proposal.seen_revision,
        decided_at=now,
    )
    decide(session, incident_id, made)
    decided = get_case(session, incident_id)
    assert decided is not None
    return decided
