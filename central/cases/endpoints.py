"""Routes about incidents: list, one, decide, and open its originals with a reason."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request

from central.audit.access import reason_text
from central.audit.endpoints import named_reviewer
from central.audit.reviewer import Reviewer
from central.audit.schemas import AccessAnswer, AccessRequest
from central.audit.service import open_access
from central.cases.case import Case, CaseFilter, Order, ReasonCode, StaleDecisionError, State
from central.cases.feedback import feedback_for
from central.cases.repository import CursorError, get_case, list_cases
from central.cases.schemas import (
    DecisionAnswer,
    DecisionLine,
    DecisionRequest,
    FileLine,
    IncidentDetail,
    IncidentLine,
    IncidentPage,
    RevisionLine,
)
from central.cases.service import DecisionRefusedError, record_decision
from central.clock import now
from central.database.engine import Database, database_of
from central.devices.commanding import issue
from central.evidence.repository import files_of
from central.problem import ProblemError, problems
from contract.ids import IncidentId

router = APIRouter(prefix="/api/incidents", tags=["incidents"])
STATUS = {"not_found": 404, "evidence_unverified": 409}


@router.get("")
def list_incidents(
    *,
    type_id: Annotated[str | None, Query(alias="type", max_length=64)] = None,
    site: Annotated[str | None, Query(max_length=63)] = None,
    camera: Annotated[str | None, Query(max_length=63)] = None,
    severity: Literal["safety", "alert", "lead"] | None = None,
    state: State | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    reason: ReasonCode | None = None,
    text: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    order: Order = "priority",
    database: Database = Depends(database_of),
) -> IncidentPage:
    """By priority as in the queue, or the newest arrival first; `next_cursor` is null on the last page.

    since, until: of `opened`. reason: of the newest decision. A cursor goes on in the order that it was given out in.
    """
    chosen = CaseFilter(
        type_id=type_id,
        site=site,
        camera_id=camera,
        severity=severity,
        state=state,
        since=_with_zone(since),
        until=_with_zone(until),
        reason_code=reason,
        text=text,
    )
    with database.reading() as session:
        try:
            page = list_cases(session, chosen, limit=limit, cursor=cursor, order=order)
        except CursorError as error:
            raise ProblemError(422, "cursor", str(error)) from error
    return IncidentPage(
        incidents=[IncidentLine.model_validate(case) for case in page.cases], next_cursor=page.next_cursor
    )


@router.get("/{incident_id}", responses=problems(404))
def get_incident(incident_id: IncidentId, database: Database = Depends(database_of)) -> IncidentDetail:
    with database.reading() as session:
        case = get_case(session, incident_id)
        files = files_of(session, incident_id)
    if case is None:
        raise _refused(DecisionRefusedError("not_found", "there is no such incident here"))
    return IncidentDetail(
        summary=IncidentLine.model_validate(case.summary),
        report=case.report,
        revisions=[RevisionLine.model_validate(revision) for revision in case.revisions],
        decisions=[DecisionLine.model_validate(decision) for decision in case.decisions],
        files=[FileLine.model_validate(file) for file in files],
    )


@router.post("/{incident_id}/decision", responses=problems(403, 404, 409, 422))
def decide_incident(
    request: Request,
    incident_id: IncidentId,
    body: DecisionRequest,
    reviewer: Reviewer = Depends(named_reviewer),
    database: Database = Depends(database_of),
) -> DecisionAnswer:
    """409 `stale` when somebody decided in between, `evidence_unverified` when a lead cannot be confirmed.

    The box that made the lead is told.
    """
    state = request.app.state
    with database.writing() as session:
        try:
            case = record_decision(session, incident_id, body.proposal(), reviewer, now())
            box_id = case.summary.box_id
            told = feedback_for(session, box_id)
            issued = issue(session, state.key, box_id, "feedback", told, by=reviewer.name, now=now())
        except DecisionRefusedError as error:
            raise _refused(error) from error
        except StaleDecisionError as error:
            raise ProblemError(409, "stale", str(error)) from error
    state.send_to_box(issued.topic, issued.payload)
    return _decided(case)


@router.post("/{incident_id}/access", responses=problems(403, 404, 422))
def open_originals(
    incident_id: IncidentId,
    body: AccessRequest,
    reviewer: Reviewer = Depends(named_reviewer),
    database: Database = Depends(database_of),
) -> AccessAnswer:
    """Writes the reason into the access register; the token opens this incident's originals for a while."""
    try:
        reason = reason_text(body.reason_code, body.note)
    except ValueError as error:
        raise ProblemError(422, "note_missing", str(error)) from error
    with database.writing() as session:
        if get_case(session, incident_id) is None:
            raise _refused(DecisionRefusedError("not_found", "there is no such incident here"))
        token, grant = open_access(session, incident_id, reviewer, reason, now())
    return AccessAnswer(incident_id=incident_id, token=token, expires_at=grant.expires_at)


def _decided(case: Case) -> DecisionAnswer:
    summary = case.summary
    return DecisionAnswer(incident_id=summary.incident_id, state=summary.state, version=summary.decisions)


def _refused(error: DecisionRefusedError) -> ProblemError:
    return ProblemError(STATUS.get(error.code, 422), error.code, str(error))


def _with_zone(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
