"""The broker port inside one process: for tests, and for showing what a broker may do and still be one."""

import itertools
import queue
import threading
from collections.abc import Callable, Sequence

from edge.delivery.broker import (
    ACCEPTED,
    NO_SUBSCRIBERS,
    Answered,
    Broker,
    BrokerEvent,
    Connected,
    Disconnected,
    Message,
    Received,
)

PAYLOAD_BYTES_MAX = 262_144
EVENTS_MAX = 10_000


class MemoryBroker(Broker):
    """A hub that all its clients share forgets everything when it is `cut`, as a broker without persistence does."""

    class Hub:
        def __init__(self) -> None:
            self.clients: list[MemoryBroker] = []
            self.up = True
            self.codes: dict[str, int] = {}  # answers by topic, for a broker that refuses
            self.payload_bytes_max = PAYLOAD_BYTES_MAX
            self.published: list[Message] = []

        def cut(self) -> None:
            self.up = False
            for client in self.clients:
                client.put(Disconnected("the hub is down"))

        def restore(self) -> None:
            self.up = True
            for client in self.clients:
                client.put(Connected(session_present=False))

    def __init__(self, hub: "MemoryBroker.Hub", filters: Sequence[str]) -> None:
        self._hub = hub
        self.filters = frozenset(filters)
        self._events: queue.Queue[BrokerEvent] = queue.Queue(EVENTS_MAX)
        self._tokens = itertools.count(1)
        hub.clients.append(self)
        if hub.up:
            self.put(Connected(session_present=False))

    def run(self, stopping: threading.Event, handle: Callable[[BrokerEvent], None]) -> None:
        while not stopping.is_set():
            self.deliver(handle, timeout_s=0.05)

    def deliver(self, handle: Callable[[BrokerEvent], None], timeout_s: float = 0.0) -> None:
        """Hands over what has happened so far, on the caller's thread."""
        try:
            handle(self._events.get(timeout=timeout_s) if timeout_s else self._events.get_nowait())
            while True:
                handle(self._events.get_nowait())
        except queue.Empty:
            return

    def put(self, event: BrokerEvent) -> None:
        self._events.put_nowait(event)

    def publish(self, message: Message) -> int | None:
        if not self._hub.up:
            return None
        token = next(self._tokens)
        code = self._hub.codes.get(message.topic, ACCEPTED)
        takers = [] if code else [client for client in self._hub.clients if message.topic in client.filters]
        self._hub.published.append(message)
        for client in takers:
            client.put(Received(message.topic, message.payload))
        if not takers and code == ACCEPTED:
            code = NO_SUBSCRIBERS
        self.put(Answered(token, code, f"code {code:#04x}"))
        return token

    @property
    def connected(self) -> bool:
        return self._hub.up

    @property
    def payload_bytes_max(self) -> int:
        return self._hub.payload_bytes_max
