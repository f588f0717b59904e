"""Wakes the event streams when a report was stored. It carries nothing: each stream reads the database itself,
so that no queue can overflow and a ring that is missed is made good by the next look.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

LISTENERS_MAX = 64


class FullHouseError(Exception):
    """As many event streams are open as the centre serves at once."""


class Doorbell:
    """`ring` may be called from any thread; the rest belongs to the event loop."""

    def __init__(self, listeners_max: int = LISTENERS_MAX) -> None:
        self._listeners_max = listeners_max
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: set[asyncio.Event] = set()
        self.closed = False

    def ring(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def close(self) -> None:
        """Ends every stream at its next step: a stopping centre waits for none."""
        self.closed = True
        self.ring()

    @contextmanager
    def listener(self) -> Iterator[asyncio.Event]:
        """An event that each ring sets. Raises FullHouseError."""
        if len(self._listeners) >= self._listeners_max:
            raise FullHouseError(f"{self._listeners_max} pages are listening already")
        self._loop = asyncio.get_running_loop()
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)

    def _wake(self) -> None:
        for event in self._listeners:
            event.set()
