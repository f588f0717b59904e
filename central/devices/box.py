"""A box as the register knows it: whose key signs for it, and where it stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contract.signing import PublicKey


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a signed message comes from. tenant, site: of the register, whatever the message says."""

    box_id: str
    key: PublicKey
    tenant: str
    site: str


@dataclass(frozen=True, slots=True)
class BoxStatus:
    """heartbeat: the newest Heartbeat as received. losses: report numbers that never came and were not found since."""

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
