"""What the audit routes take and answer."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from central.audit.access import AccessReason


class ReviewerName(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)


class AccessRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason_code: AccessReason
    note: str = Field(default="", max_length=200)


class AccessAnswer(BaseModel):
    """token: goes as `?access=TOKEN` with each original of this incident, until expires_at."""

    incident_id: str
    token: str
    expires_at: datetime


class RegisterLine(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    access_id: int
    at: datetime
    action: str
    incident_id: str
    sha256: str | None
    reviewer: str
    authority: str
    reason: str
