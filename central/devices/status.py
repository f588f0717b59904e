"""What boxes say of themselves: heartbeat and availability, and the numbers that never came."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.devices.tables import Box, Loss
from contract.heartbeat import Availability, Heartbeat

LOSSES_PER_HEARTBEAT_MAX = 1000


def take_heartbeat(box: Box, heartbeat: Heartbeat, document: dict[str, Any], now: datetime) -> bool:
    """False for one that is not newer than what is known. document: as received."""
    if (heartbeat.session, heartbeat.uptime_s) <= (box.session, box.uptime_s):
        return False
    box.session, box.uptime_s = heartbeat.session, heartbeat.uptime_s
    box.heartbeat, box.heartbeat_at = document, now
    box.availability, box.availability_at = "online", now
    if heartbeat.chain.seq > box.chain_seq:
        box.chain_seq, box.chain_sha256 = heartbeat.chain.seq, heartbeat.chain.sha256
    return True


def take_availability(box: Box, availability: Availability, now: datetime) -> bool:
    """False for one of an older session: the last will of a connection that is long gone says nothing now."""
    if availability.session < box.session:
        return False
    if availability.session > box.session:
        box.session, box.uptime_s = availability.session, 0.0
    box.availability, box.availability_at = availability.state, now
    return True


def numbers_due(box: Box, heartbeat: Heartbeat) -> range:
    """Report numbers that the box no longer has queued, so that the centre must have them; bounded."""
    queued_from = heartbeat.report_seq_low or heartbeat.report_seq_high + 1
    return range(box.high_water + 1, min(queued_from, box.high_water + 1 + LOSSES_PER_HEARTBEAT_MAX))


def note_losses(session: Session, box: Box, missing: Iterable[int], now: datetime) -> list[int]:
    """Raises the alarm row once for each number; gives those that are new."""
    known = set(session.scalars(select(Loss.report_seq).where(Loss.box_id == box.box_id, Loss.key_id == box.key_id)))
    fresh = [number for number in missing if number not in known]
    session.add_all(Loss(box_id=box.box_id, key_id=box.key_id, report_seq=number, noticed_at=now) for number in fresh)
    return fresh


def note_found(session: Session, box: Box, numbers: Iterable[int], now: datetime) -> None:
    """A number that was missed has come after all."""
    for loss in session.scalars(
        select(Loss).where(
            Loss.box_id == box.box_id,
            Loss.key_id == box.key_id,
            Loss.report_seq.in_(list(numbers)),
            Loss.found_at.is_(None),
        )
    ):
        loss.found_at = now
