"""What comes in from the broker and what goes back."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Message:
    """received_at: when it reached this process."""

    topic: str
    payload: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Outgoing:
    topic: str
    payload: bytes
