"""Reading the register of boxes, inside the caller's transaction."""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.devices.box import BoxStatus, Owner
from central.devices.tables import Box, Loss
from contract.signing import PublicKey


def owners_of(session: Session, box_ids: Iterable[str]) -> dict[str, Owner]:
    """Only those that are registered."""
    rows = session.execute(
        select(Box.box_id, Box.public_key, Box.tenant, Box.site).where(Box.box_id.in_(sorted(set(box_ids))))
    )
    return {
        box_id: Owner(box_id, PublicKey.from_base64(public_key), tenant, site)
        for box_id, public_key, tenant, site in rows
    }


def list_boxes(session: Session) -> list[BoxStatus]:
    """In the order of their ids."""
    losses: dict[tuple[str, str], int] = {
        (box_id, key_id): count
        for box_id, key_id, count in session.execute(
            select(Loss.box_id, Loss.key_id, func.count())
            .where(Loss.found_at.is_(None))
            .group_by(Loss.box_id, Loss.key_id)
        )
    }
    return [
        BoxStatus(
            box_id=box.box_id,
            key_id=box.key_id,
            tenant=box.tenant,
            site=box.site,
            software=box.software,
            enrolled_at=box.enrolled_at,
            availability=box.availability,
            availability_at=box.availability_at,
            heartbeat=box.heartbeat,
            heartbeat_at=box.heartbeat_at,
            high_water=box.high_water,
            losses=losses.get((box.box_id, box.key_id), 0),
        )
        for box in session.scalars(select(Box).order_by(Box.box_id))
    ]
