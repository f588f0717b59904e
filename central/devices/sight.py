"""Cameras that do not see, as their boxes' newest heartbeats say."""

from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.devices.tables import Box

OutOfSight = Literal["blind", "frozen", "moved", "offline"]
OUT_OF_SIGHT: tuple[OutOfSight, ...] = get_args(OutOfSight)


@dataclass(frozen=True, slots=True)
class CameraOutOfSight:
    box_id: str
    camera_id: str
    state: OutOfSight


def cameras_out_of_sight(session: Session) -> list[CameraOutOfSight]:
    heartbeats = session.execute(select(Box.box_id, Box.heartbeat).order_by(Box.box_id))
    return [
        CameraOutOfSight(box_id, str(camera.get("camera_id")), camera["state"])
        for box_id, heartbeat in heartbeats
        for camera in (heartbeat or {}).get("cameras", [])
        if camera.get("state") in OUT_OF_SIGHT
    ]
