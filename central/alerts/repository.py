"""Arrivals in the order of commits, read from the stored revisions: there is no second table to keep in step."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.alerts.alert import Arrival
from central.cases.repository import changes_after
from central.cases.tables import Incident, Revision


def arrivals_after(session: Session, stored_seq: int, *, limit: int = 100) -> list[Arrival]:
    """At most `limit` stored revisions after the one with `stored_seq`, oldest first."""
    changes = changes_after(session, stored_seq, limit=limit)
    known = {change.incident_id for change in changes}
    rows = session.execute(
        select(Incident.incident_id, func.min(Revision.stored_seq), Incident.site, Incident.opened, Incident.late)
        .join(Revision, Revision.incident_id == Incident.incident_id)
        .where(Incident.incident_id.in_(known))
        .group_by(Incident.incident_id, Incident.site, Incident.opened, Incident.late)
    )
    facts = {incident_id: (first, site, opened, late) for incident_id, first, site, opened, late in rows}
    return [Arrival(change, *facts[change.incident_id]) for change in changes]
