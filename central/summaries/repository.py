"""The records of a period, and what does not work now. Inside the caller's transaction."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from central.cases.tables import Decision, Incident
from central.devices.sight import cameras_out_of_sight
from central.devices.tables import Box, Outage
from central.devices.watching import HEARD_S_MAX, UNHEARD
from central.summaries.facts import Record, Trouble
from central.summaries.unwatched import Noted
from models.vlm.period import Period

RECORDS_MAX = 50_000
OUTAGES_MAX = 20_000


class TooManyError(Exception):
    """A period holds more incidents than a page counts."""

    def __init__(self) -> None:
        super().__init__(f"more than {RECORDS_MAX} leads in this period: choose a shorter one, or one site")


def records_of(session: Session, period: Period, site: str | None) -> list[Record]:
    """By when they were opened. Raises TooManyError."""
    first, newest = aliased(Decision), aliased(Decision)
    query = (
        select(
            Incident.type_id,
            Incident.site,
            Incident.camera_id,
            Incident.state,
            Incident.opened,
            Incident.received_at,
            first.decided_at,
            newest.reason_code,
        )
        .outerjoin(first, and_(first.incident_id == Incident.incident_id, first.version == 1))
        .outerjoin(newest, and_(newest.incident_id == Incident.incident_id, newest.version == Incident.decisions))
        .where(Incident.opened >= period.start, Incident.opened < period.end)
    )
    if site is not None:
        query = query.where(Incident.site == site)
    rows = session.execute(query.limit(RECORDS_MAX + 1)).all()
    if len(rows) > RECORDS_MAX:
        raise TooManyError
    return [Record(*row) for row in rows]  # type: ignore[arg-type]


def troubles_now(session: Session, site: str | None, now: datetime) -> list[Trouble]:
    """Boxes that are offline, with the time since they said so or fell silent, then cameras that do not see."""
    boxes = {box.box_id: box for box in session.scalars(select(Box).order_by(Box.box_id)) if site in (None, box.site)}
    offline = [
        Trouble(box_id, None, "offline", (now - box.availability_at).total_seconds() if box.availability_at else None)
        for box_id, box in boxes.items()
        if box.availability == "offline"
    ]
    cameras = [
        Trouble(
            camera.box_id, camera.camera_id, camera.state, _without_frames_s(boxes[camera.box_id], camera.camera_id)
        )
        for camera in cameras_out_of_sight(session)
        if camera.box_id in boxes
    ]
    return [*offline, *cameras]


def _without_frames_s(box: Box, camera_id: str) -> float | None:
    """Since the last frame, of a camera that delivers none; a blind one delivers, and since when is not told."""
    cameras = (box.heartbeat or {}).get("cameras", [])
    found: dict[str, Any] = next((camera for camera in cameras if camera.get("camera_id") == camera_id), {})
    return found.get("last_frame_age_s") if found.get("state") == "offline" else None


def outages_of(session: Session, period: Period, site: str | None, now: datetime) -> list[Noted]:
    """Times that overlap the period, in which a camera did not watch or nothing was heard of a box, up to now. Raises
    TooManyError.
    """
    columns = (Box.site, Outage.box_id, Outage.camera_id, Outage.state, Outage.since, Outage.until)
    query = (
        select(*columns)
        .join(Box, Box.box_id == Outage.box_id)
        .where(Outage.since < period.end, or_(Outage.until.is_(None), Outage.until > period.start))
    )
    silent = select(Box.site, Box.box_id, Box.heartbeat_at).where(
        Box.heartbeat_at < min(now - timedelta(seconds=HEARD_S_MAX), period.end)
    )
    if site is not None:
        query, silent = query.where(Box.site == site), silent.where(Box.site == site)
    rows = session.execute(query.limit(OUTAGES_MAX + 1)).all()
    if len(rows) > OUTAGES_MAX:
        raise TooManyError
    noted: list[Noted] = [
        (at, box_id, camera_id or None, state, since, until) for at, box_id, camera_id, state, since, until in rows
    ]
    for at, box_id, heard_at in session.execute(silent):
        if heard_at is not None:
            noted.append((at, box_id, None, UNHEARD, heard_at, None))
    return noted
