"""What arrived and what was decided since a moment: the empty queue shows it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.cases.tables import Decision, Incident


@dataclass(frozen=True, slots=True)
class Day:
    """Incidents, each counted once; a decided one by its newest decision, when that was made since."""

    arrived: int
    confirmed: int
    rejected: int
    inconclusive: int


def day_since(session: Session, since: datetime) -> Day:
    arrived = session.scalar(select(func.count()).select_from(Incident).where(Incident.received_at >= since)) or 0
    rows = session.execute(
        select(Decision.decision, func.count())
        .join(Incident, (Incident.incident_id == Decision.incident_id) & (Incident.decisions == Decision.version))
        .where(Decision.decided_at >= since)
        .group_by(Decision.decision)
    )
    decided = dict(rows.all())
    return Day(
        arrived=arrived,
        confirmed=decided.get("confirmed", 0),
        rejected=decided.get("rejected", 0),
        inconclusive=decided.get("inconclusive", 0),
    )
