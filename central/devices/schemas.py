"""Boxes over HTTP."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from central.devices.commanding import SentName


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


class CommandRequest(BaseModel):
    """body of `rules`: `text` (a rules file) or `rules` (the same as an object); `base`, the version they change."""

    model_config = ConfigDict(extra="forbid")

    name: SentName
    body: dict[str, Any] = Field(default_factory=dict)


class CommandOut(BaseModel):
    """result: null until the box has answered; `refused` with the box's own reason."""

    model_config = ConfigDict(from_attributes=True)

    command_id: str
    box_id: str
    name: str
    version: int
    issued: datetime
    expires: datetime
    issued_by: str | None
    result: str | None
    reason: str | None
    data: dict[str, Any] | None
    answered_at: datetime | None
