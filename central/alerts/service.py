"""The event stream: what was stored after a given point, then what comes, for as long as somebody listens."""

import asyncio
from collections.abc import AsyncIterator

from central.alerts.alert import Alert, Arrival, alert
from central.alerts.doorbell import Doorbell
from central.alerts.repository import arrivals_after
from central.alerts.schemas import LeadEvent, UpdateEvent
from central.database.engine import Database
from contract.catalogue import catalogue

LOOK_EVERY_S = 10.0  # also without a ring; and a comment then keeps the connection open through proxies
BATCH = 100


async def events(
    database: Database, bell: Doorbell, after: int, look_every_s: float = LOOK_EVERY_S
) -> AsyncIterator[str]:
    """Server-sent events (WHATWG HTML, 9.2) after the stored_seq `after`. Raises FullHouseError at the first step."""
    with bell.listener() as rung:
        yield "retry: 2000\n\n"
        while not bell.closed:
            rung.clear()
            arrivals = await asyncio.to_thread(_read, database, after)
            for arrival in arrivals:
                after = arrival.change.stored_seq
                yield event_text(arrival)
            if len(arrivals) < BATCH and not bell.closed:
                try:
                    await asyncio.wait_for(rung.wait(), look_every_s)
                except TimeoutError:
                    yield ": still here\n\n"


def event_text(arrival: Arrival) -> str:
    """One event. Decided incidents and later revisions are told as `update`: they raise no alert."""
    change = arrival.change
    raised = alert(arrival)
    if raised is None:
        body = UpdateEvent(
            incident_id=change.incident_id, revision=change.revision, phase=change.phase
        ).model_dump_json()
        return f"id: {change.stored_seq}\nevent: update\ndata: {body}\n\n"
    return f"id: {raised.alert_id}\nevent: lead\ndata: {_lead(raised).model_dump_json()}\n\n"


def _lead(raised: Alert) -> LeadEvent:
    known = catalogue().get(raised.type_id)
    names = {str(language): name for language, name in known.names.items()} if known else {}
    return LeadEvent(
        incident_id=raised.incident_id,
        type_id=raised.type_id,
        names={"zh-CN": raised.type_id, "en": raised.type_id} | names,
        severity=raised.severity,
        camera_id=raised.camera_id,
        site=raised.site,
        opened=raised.opened,
        late=raised.late,
        urgent=raised.urgent,
    )


def _read(database: Database, after: int) -> list[Arrival]:
    with database.reading() as session:
        return arrivals_after(session, after, limit=BATCH)
