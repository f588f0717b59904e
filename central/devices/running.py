"""What a box runs, what its cameras see, its answers to commands: the newest, inside the caller's transaction."""

import base64
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from central.devices.tables import CameraStill, CommandEntry, RunningState
from contract.command import BoxState, CommandResult
from contract.still import STILL_BYTES_MAX, Still

STILLS_PER_BOX_MAX = 256  # as many cameras as a heartbeat may name
REASON_LENGTH_MAX = 300
JPEG_HEAD = b"\xff\xd8\xff"


def take_state(session: Session, state: BoxState, now: datetime) -> bool:
    """False for one of an older session: a retained message that was overtaken."""
    row = session.get(RunningState, (state.box_id, state.name))
    if row is not None and state.session < row.session:
        return False
    if row is None:
        row = RunningState(box_id=state.box_id, name=state.name)
        session.add(row)
    row.session, row.body, row.received_at = state.session, state.body, now
    return True


def take_still(session: Session, still: Still, now: datetime) -> bool:
    """False for what is no JPEG of at most 20 KB, or one camera more than a box may have."""
    try:
        jpeg = base64.b64decode(still.jpeg, validate=True)
    except ValueError:
        return False
    if not jpeg.startswith(JPEG_HEAD) or len(jpeg) > STILL_BYTES_MAX:
        return False
    row = session.get(CameraStill, (still.box_id, still.camera_id))
    if row is None:
        if session.query(CameraStill).where(CameraStill.box_id == still.box_id).count() >= STILLS_PER_BOX_MAX:
            return False
        row = CameraStill(box_id=still.box_id, camera_id=still.camera_id)
        session.add(row)
    row.captured, row.jpeg, row.received_at = still.captured, jpeg, now
    return True


def take_result(session: Session, result: CommandResult, now: datetime) -> bool:
    """False for an answer to a command that was never sent to this box. The first answer stands."""
    row = session.get(CommandEntry, result.command_id)
    if row is None or row.box_id != result.box_id:
        return False
    if row.answered_at is None:
        row.result, row.data, row.answered_at = result.result, result.data, now
        row.reason = result.reason[:REASON_LENGTH_MAX] if result.reason else None
    return True


def forget_running(session: Session, box_id: str) -> None:
    """A replaced box counts its sessions from 1 again: what the one before it said would hide its words."""
    for table in (RunningState, CameraStill):
        session.execute(delete(table).where(table.box_id == box_id))
