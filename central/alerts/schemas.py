"""What the event stream carries, as JSON in `data`; `event` is `lead` or `update`, `id` the stored_seq."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class LeadEvent(BaseModel):
    """A new lead. names: of its type, by language. urgent: shown on top at once."""

    model_config = ConfigDict(from_attributes=True)

    incident_id: str
    type_id: str
    names: dict[str, str]
    severity: str
    camera_id: str
    site: str
    opened: datetime
    late: bool
    urgent: bool


class UpdateEvent(BaseModel):
    """A further revision of an incident that was announced before."""

    incident_id: str
    revision: int
    phase: str
