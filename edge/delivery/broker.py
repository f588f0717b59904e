"""The port for a message broker: what it says is reported, none of it is trusted with durability."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from edge.delivery.errors import BrokerError

PORT = 1883
ACCEPTED = 0x00
NO_SUBSCRIBERS = 0x10  # MQTT 5: taken and thrown away, nobody listens
NOT_AUTHORISED = 0x87
PACKET_TOO_LARGE = 0x95
QUOTA_EXCEEDED = 0x97


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> Self:
        """`mqtt://HOST:PORT`. Raises BrokerError."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or PORT
        except ValueError:
            host, port = None, 0
        if host is None or parts.scheme != "mqtt" or parts.path.strip("/"):
            raise BrokerError(f"{url[:80]!r} is not a broker's address: write mqtt://HOST:PORT")
        return cls(host, port)

    def __str__(self) -> str:
        return f"mqtt://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Connected:
    """session_present: the broker remembers this client; it says nothing about what else it remembers."""

    session_present: bool


@dataclass(frozen=True, slots=True)
class Disconnected:
    """taken_over: another client connected under this one's name, which only a copy of this box has."""

    reason: str
    taken_over: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """The broker's answer to one publish: a reason code, never a promise."""

    token: int
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Received:
    topic: str
    payload: bytes


BrokerEvent = Connected | Disconnected | Answered | Received


class Broker(ABC):
    """One client of one broker. `publish` may be called from any thread."""

    @abstractmethod
    def run(self, stopping: threading.Event, handle: Callable[[BrokerEvent], None]) -> None:
        """Connects, for ever again, until `stopping`; `handle` is called on this thread and must return at once."""

    @abstractmethod
    def publish(self, message: Message) -> int | None:
        """At least once. A token that its Answered will carry; None when it cannot be taken now (try later)."""

    @property
    @abstractmethod
    def connected(self) -> bool: ...

    @property
    @abstractmethod
    def payload_bytes_max(self) -> int:
        """The largest payload that the broker announced to take."""
