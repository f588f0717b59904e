"""Boxes over HTTP."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class BoxOut(BaseModel):
    """heartbeat: the newest Heartbeat document as received."""

    box_id: str
    key_id: str
    tenant: str
    site: str
    software: str
    enrolled_at: datetime
    availability: str
    availability_at: datetime | None
    heartbeat: dict[str, Any] | None
    heartbeat_at: datetime | None
    high_water: int
    losses: int


class BoxList(BaseModel):
    boxes: list[BoxOut]
