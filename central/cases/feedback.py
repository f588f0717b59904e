"""Decisions on their way back to the box whose leads they are about."""

from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from central.cases.tables import Decision, Incident

DECISIONS_TOLD = 20  # the newest: a message that was lost is made good by the next one


def feedback_for(session: Session, box_id: str) -> dict[str, Any]:
    """The body of a `feedback` command: what stands, no words of the reviewer's and not who decided."""
    rows = session.execute(
        select(Incident.incident_id, Incident.rule_id, Decision.decision, Decision.reason_code, Decision.version)
        .join(Decision, and_(Decision.incident_id == Incident.incident_id, Decision.version == Incident.decisions))
        .where(Incident.box_id == box_id)
        .order_by(Decision.decided_at.desc())
        .limit(DECISIONS_TOLD)
    )
    return {
        "decisions": [
            {"incident_id": incident_id, "rule": rule_id, "decision": decision, "version": version}
            | ({"reason_code": reason_code} if reason_code else {})
            for incident_id, rule_id, decision, reason_code, version in rows
        ]
    }
