"""`GET /api/events`: new leads as they are stored, resumable by `Last-Event-ID`."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse

from central.alerts.doorbell import Doorbell, FullHouseError
from central.alerts.service import events
from central.cases.repository import newest_stored_seq
from central.database.engine import Database, database_of
from central.problem import ProblemError, problems

router = APIRouter(prefix="/api", tags=["alerts"])
EVENT_STREAM = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}} | problems(503)


def doorbell_of(request: Request) -> Doorbell:
    """The bell that intake rings; for `Depends`."""
    bell: Doorbell = request.app.state.doorbell
    return bell


def _starting_point(
    after: Annotated[int | None, Query(ge=0)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
    database: Database = Depends(database_of),
) -> int:
    if last_event_id is not None and last_event_id.isascii() and last_event_id.isdigit():
        return min(int(last_event_id[:18]), 2**53)
    if after is not None:
        return after
    with database.reading() as session:
        return newest_stored_seq(session)


@router.get("/events", response_class=StreamingResponse, response_model=None, responses=EVENT_STREAM)
async def stream_events(
    after: int = Depends(_starting_point),
    database: Database = Depends(database_of),
    bell: Doorbell = Depends(doorbell_of),
) -> StreamingResponse:
    """Events `lead` and `update` (see LeadEvent, UpdateEvent). Without `Last-Event-ID` or `after`: from now on."""
    stream = events(database, bell, after)
    try:
        first = await anext(stream)
    except FullHouseError as error:
        raise ProblemError(503, "busy", f"{error}: close one and load again") from error

    async def told() -> AsyncIterator[str]:
        yield first
        async for text in stream:
            yield text

    return StreamingResponse(told(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
