"""Reading and deciding cases. Every function works inside the caller's transaction (`Database.reading`, `.writing`)."""

import base64
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, exists, func, select, tuple_, update
from sqlalchemy.orm import Session

from central.cases.case import (
    Case,
    CaseFilter,
    CasePage,
    CaseSummary,
    Change,
    Conflict,
    MadeDecision,
    Order,
    StaleDecisionError,
    StoredRevision,
)
from central.cases.generated import label_of
from central.cases.priority import SEVERITIES, priority
from central.cases.tables import Decision, Incident, Rejection, Revision
from central.evidence.tables import Dossier

PAGE_SIZE_MAX = 200
TEXT_LENGTH_MAX = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DECIDED = {severity: priority(severity, "skipped", "confirmed") for severity in SEVERITIES}


class CursorError(ValueError):
    """A cursor that this centre did not give out."""


def list_cases(
    session: Session, chosen: CaseFilter, *, limit: int = 50, cursor: str | None = None, order: Order = "priority"
) -> CasePage:
    """By priority, within one the newest arrival first; or the newest arrival first alone. Raises CursorError.

    A lead whose priority changes while pages are read may be met twice; its newest place is the one that stands.
    """
    query = (
        select(Incident, Dossier)
        .outerjoin(Dossier, Dossier.incident_id == Incident.incident_id)
        .where(*_conditions(chosen))
    )
    keys = (Incident.priority, Incident.received_at, Incident.incident_id)[order == "newest" :]
    if cursor is not None:
        query = query.where(tuple_(*keys) < _read_cursor(cursor)[order == "newest" :])
    query = query.order_by(*(key.desc() for key in keys))
    limit = max(1, min(limit, PAGE_SIZE_MAX))
    rows = session.execute(query.limit(limit + 1)).all()
    cases = tuple(_summary(incident, dossier) for incident, dossier in rows[:limit])
    return CasePage(cases, _cursor(cases[-1]) if len(rows) > limit else None)


def count_cases(session: Session, chosen: CaseFilter) -> int:
    return session.scalar(select(func.count()).select_from(Incident).where(*_conditions(chosen))) or 0


def count_by_state(session: Session) -> dict[str, int]:
    rows = session.execute(select(Incident.state, func.count()).group_by(Incident.state))
    return dict(rows.all())


def filter_values(session: Session) -> dict[str, list[str]]:
    """What there is to filter by: values of `type_id`, `site`, `camera_id`, `severity` that occur."""
    columns = {"type_id": Incident.type_id, "site": Incident.site, "camera_id": Incident.camera_id}
    columns["severity"] = Incident.severity
    return {
        name: list(session.scalars(select(column).distinct().order_by(column).limit(PAGE_SIZE_MAX)))
        for name, column in columns.items()
    }


def get_case(session: Session, incident_id: str) -> Case | None:
    row = session.execute(
        select(Incident, Dossier)
        .outerjoin(Dossier, Dossier.incident_id == Incident.incident_id)
        .where(Incident.incident_id == incident_id)
    ).one_or_none()
    if row is None:
        return None
    incident, dossier = row
    revisions = session.scalars(select(Revision).where(Revision.incident_id == incident_id).order_by(Revision.revision))
    decisions = session.scalars(select(Decision).where(Decision.incident_id == incident_id).order_by(Decision.version))
    refused = session.scalars(
        select(Rejection)
        .where(Rejection.incident_id == incident_id, Rejection.box_id == incident.box_id)
        .order_by(Rejection.rejection_id)
        .limit(PAGE_SIZE_MAX)
    )
    return Case(
        summary=_summary(incident, dossier),
        report=incident.report,
        revisions=tuple(_stored(revision) for revision in revisions),
        decisions=tuple(_made(decision) for decision in decisions),
        refused=tuple(
            Conflict(entry.revision, entry.report_seq, entry.reason, entry.payload_sha256, entry.received_at)
            for entry in refused
        ),
    )


def get_payload(session: Session, incident_id: str, revision: int) -> bytes | None:
    """The signed bytes of one revision as they came from the box."""
    return session.scalar(
        select(Revision.payload).where(Revision.incident_id == incident_id, Revision.revision == revision)
    )


def decide(session: Session, incident_id: str, decision: MadeDecision) -> None:
    """`decision.version` must be one more than there are. Raises StaleDecisionError; KeyError when there is no case."""
    moved = session.execute(
        update(Incident)
        .where(Incident.incident_id == incident_id, Incident.decisions == decision.version - 1)
        .values(
            decisions=decision.version,
            state=decision.decision,
            priority=case(_DECIDED, value=Incident.severity, else_=Incident.priority),
        )
    )
    if moved.rowcount == 0:  # type: ignore[attr-defined]
        version = session.scalar(select(Incident.decisions).where(Incident.incident_id == incident_id))
        if version is None:
            raise KeyError(incident_id)
        raise StaleDecisionError(version)
    session.add(
        Decision(
            incident_id=incident_id,
            version=decision.version,
            decision=decision.decision,
            reason_code=decision.reason_code,
            note=decision.note,
            reviewer=decision.reviewer,
            authority=decision.authority,
            seen_revision=decision.seen_revision,
            decided_at=decision.decided_at,
        )
    )
    session.flush()


def changes_after(session: Session, stored_seq: int, *, limit: int = 100) -> list[Change]:
    """Stored revisions in the order of their commits, after the one with `stored_seq`."""
    rows = session.execute(
        select(Revision, Incident)
        .join(Incident, Incident.incident_id == Revision.incident_id)
        .where(Revision.stored_seq > stored_seq)
        .order_by(Revision.stored_seq)
        .limit(limit)
    )
    return [
        Change(
            stored_seq=revision.stored_seq,
            incident_id=revision.incident_id,
            revision=revision.revision,
            phase=revision.phase,
            type_id=incident.type_id,
            severity=incident.severity,
            camera_id=incident.camera_id,
            state=incident.state,  # type: ignore[arg-type]
            received_at=revision.received_at,
        )
        for revision, incident in rows
    ]


def newest_stored_seq(session: Session) -> int:
    """0 when nothing was stored yet."""
    return session.scalar(select(func.max(Revision.stored_seq))) or 0


def _conditions(chosen: CaseFilter) -> list[ColumnElement[bool]]:
    equal = {
        Incident.type_id: chosen.type_id,
        Incident.tenant: chosen.tenant,
        Incident.site: chosen.site,
        Incident.camera_id: chosen.camera_id,
        Incident.severity: chosen.severity,
        Incident.state: chosen.state,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if chosen.since is not None:
        conditions.append(Incident.opened >= chosen.since)
    if chosen.until is not None:
        conditions.append(Incident.opened < chosen.until)
    if chosen.reason_code is not None:
        newest = and_(Decision.incident_id == Incident.incident_id, Decision.version == Incident.decisions)
        conditions.append(exists().where(newest, Decision.reason_code == chosen.reason_code))
    if chosen.text:
        conditions.append(Incident.search_text.contains(chosen.text[:TEXT_LENGTH_MAX].lower(), autoescape=True))
    return conditions


def _cursor(last: CaseSummary) -> str:
    microseconds = round(last.received_at.timestamp() * 1_000_000)
    text = f"{last.priority} {microseconds} {last.incident_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[int, datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        rank, microseconds, incident_id = text.split(" ")
        return int(rank), EPOCH + timedelta(microseconds=int(microseconds)), incident_id
    except (ValueError, OverflowError) as error:
        raise CursorError("this cursor was not given out here: start again without it") from error


def _summary(incident: Incident, dossier: Dossier | None) -> CaseSummary:
    report = incident.report
    return CaseSummary(
        incident_id=incident.incident_id,
        box_id=incident.box_id,
        camera_id=incident.camera_id,
        tenant=incident.tenant,
        site=incident.site,
        zone_id=incident.zone_id,
        type_id=incident.type_id,
        severity=incident.severity,
        phase=incident.phase,
        first_seen=incident.first_seen,
        opened=incident.opened,
        last_seen=incident.last_seen,
        closed=incident.closed,
        received_at=incident.received_at,
        updated_at=incident.updated_at,
        revision=incident.revision,
        state=incident.state,  # type: ignore[arg-type]
        decisions=incident.decisions,
        priority=incident.priority,
        evidence_state=dossier.state if dossier else "pending",  # type: ignore[arg-type]
        evidence_reason=dossier.reason if dossier else None,
        late=incident.late,
        conflicts=incident.conflicts,
        place_differs=incident.place_differs,
        text=dict(report["description"]["text"]),
        aigc=label_of(report["description"]),
        thumbnail=report["evidence"].get("thumbnail"),
    )


def _stored(revision: Revision) -> StoredRevision:
    return StoredRevision(
        revision.stored_seq,
        revision.revision,
        revision.report_seq,
        revision.phase,
        revision.payload_sha256,
        revision.manifest_sha256,
        revision.received_at,
    )


def _made(decision: Decision) -> MadeDecision:
    return MadeDecision(
        version=decision.version,
        decision=decision.decision,  # type: ignore[arg-type]
        reason_code=decision.reason_code,
        note=decision.note,
        reviewer=decision.reviewer,
        authority=decision.authority,
        seen_revision=decision.seen_revision,
        decided_at=decision.decided_at,
    )
