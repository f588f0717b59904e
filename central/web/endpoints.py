"""The review page. Pages read; what changes something is under /api."""

import base64
import binascii
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from central.cases.repository import CursorError, get_case
from central.clock import now
from central.database.engine import Database, database_of
from central.web.error_pages import PageError
from central.web.pages import QueueFilter, find_incident, list_context, pane_context, queue_context
from central.web.rendering import LANGUAGE_COOKIE, html, words_of
from central.web.wording import Language, Wording
from contract.ids import IncidentId

YEAR_S = 365 * 24 * 3600
Word = Annotated[str, Query(max_length=100)]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


def chosen_filter(
    *,
    type_id: Annotated[Word, Query(alias="type")] = "",
    site: Word = "",
    camera: Word = "",
    severity: Word = "",
    state: Word = "lead",
    period: Word = "",
    text: Word = "",
    since: Word = "",
    until: Word = "",
    reason: Annotated[str, Query(max_length=32)] = "",
) -> QueueFilter:
    return QueueFilter(type_id, site, camera, severity, state, period, text.strip(), since, until, reason)


@router.get("/", response_model=None)
def queue_page(
    request: Request,
    chosen: QueueFilter = Depends(chosen_filter),
    t: Wording = Depends(words_of),
    database: Database = Depends(database_of),
) -> HTMLResponse:
    """The list, and on a wide screen the first lead beside it."""
    with database.reading() as session:
        context = queue_context(session, chosen, now(), t)
        items = context["items"]
        incident = find_incident(session, items[0].incident_id, t) if items else None
    return html(request, "queue.html", t, context | {"incident": incident, "view": "queue"})


@router.get("/incidents/{incident_id}", response_model=None)
def incident_page(
    request: Request,
    incident_id: IncidentId,
    chosen: QueueFilter = Depends(chosen_filter),
    t: Wording = Depends(words_of),
    database: Database = Depends(database_of),
) -> HTMLResponse:
    with database.reading() as session:
        incident = find_incident(session, incident_id, t)
        if incident is None:
            raise PageError("not_found")
        context = queue_context(session, chosen, now(), t)
    return html(request, "queue.html", t, context | {"incident": incident, "view": "incident"})


@router.get("/incidents/{incident_id}/pane", response_model=None)
def incident_pane(
    request: Request,
    incident_id: IncidentId,
    chosen: QueueFilter = Depends(chosen_filter),
    t: Wording = Depends(words_of),
    database: Database = Depends(database_of),
) -> HTMLResponse:
    """The pane alone, for a page that is open."""
    with database.reading() as session:
        incident = find_incident(session, incident_id, t)
    if incident is None:
        raise PageError("not_found")
    return html(request, "_incident.html", t, pane_context(incident, chosen))


@router.get("/queue/items", response_model=None)
def queue_items(
    request: Request,
    chosen: QueueFilter = Depends(chosen_filter),
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    t: Wording = Depends(words_of),
    database: Database = Depends(database_of),
) -> HTMLResponse:
    """The list alone, or its next page."""
    with database.reading() as session:
        try:
            context = list_context(session, chosen, cursor, now(), t)
        except CursorError as error:
            raise PageError("wrong_query") from error
    return html(request, "_items.html", t, context)


@router.get("/incidents/{incident_id}/thumbnail", response_model=None)
def thumbnail(incident_id: IncidentId, database: Database = Depends(database_of)) -> Response:
    """The pixelated picture that came with the report itself: there before any file is."""
    with database.reading() as session:
        case = get_case(session, incident_id)
    if case is None or case.summary.thumbnail is None:
        raise PageError("not_found")
    try:
        picture = base64.b64decode(case.summary.thumbnail, validate=True)
    except binascii.Error as error:
        raise PageError("not_found") from error
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.get("/language/{language}", response_model=None)
def choose_language(language: Language, back: Annotated[str, Query(max_length=500)] = "/") -> RedirectResponse:
    """Back to the page that was open; never to another host."""
    inside = back.startswith("/") and not back.startswith(("//", "/\\"))
    answer = RedirectResponse(back if inside else "/", 303)
    answer.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, samesite="strict")
    return answer
