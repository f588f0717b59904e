"""When cameras did not watch: kept from the heartbeats, for a list without leads says nothing about such a time."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from central.devices.tables import Outage
from contract.heartbeat import CameraState, Heartbeat

NOT_WATCHING: tuple[CameraState, ...] = ("blind", "frozen", "moved", "offline", "disabled")
UNHEARD = "unheard"  # of a box: whether its cameras watched, nobody here knows
HEARD_S_MAX = 90.0  # three heartbeats
OUTAGES_PER_BOX_MAX = 2_000  # the newest are kept


def note_watching(session: Session, heartbeat: Heartbeat, heard_before: datetime | None, now: datetime) -> None:
    """heard_before: when the box's heartbeat before this one came. A camera that a box has no more is not out."""
    box_id = heartbeat.box_id
    lasting = {
        row.camera_id: row
        for row in session.scalars(select(Outage).where(Outage.box_id == box_id, Outage.until.is_(None)))
    }
    said = {camera.camera_id: camera.state for camera in heartbeat.cameras if camera.state in NOT_WATCHING}
    for camera_id, row in lasting.items():
        if said.get(camera_id) != row.state:
            row.until = max(row.since, now)  # this machine's clock may have been set back
    fresh = [
        Outage(box_id=box_id, camera_id=camera_id, state=state, since=now)
        for camera_id, state in said.items()
        if camera_id not in lasting or lasting[camera_id].state != state
    ]
    if heard_before is not None and now - heard_before > timedelta(seconds=HEARD_S_MAX):
        fresh.append(Outage(box_id=box_id, camera_id="", state=UNHEARD, since=heard_before, until=now))
    if fresh:
        session.add_all(fresh)
        session.flush()
        _keep_newest(session, box_id)


def _keep_newest(session: Session, box_id: str) -> None:
    of_box = select(Outage.outage_id).where(Outage.box_id == box_id).order_by(Outage.outage_id.desc())
    newest_left_out = session.scalar(of_box.offset(OUTAGES_PER_BOX_MAX).limit(1))
    if newest_left_out is not None:
        session.execute(delete(Outage).where(Outage.box_id == box_id, Outage.outage_id <= newest_left_out))
