"""An HTTP request ends at its deadline, whatever its server sends until then.

httpx' timeouts are of one read. A server that sends its headers a byte at a time, or `102 Processing` for ever, meets
none of them, and there is no response yet that could be closed.
"""

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

_CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class Cutoff:
    """Shuts the connection of one request down after so many seconds; the read that waits there ends at once. The
    client must not keep connections: of one that is used again it is never told.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(max(seconds, 0.0), self._end)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._stream: Any = None
        self.ended = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    @property
    def extensions(self) -> dict[str, Any]:
        """Of the request, for httpx."""
        return {"trace": self._see}

    def _see(self, event: str, info: Mapping[str, Any]) -> None:
        if event in _CONNECTED:
            with self._lock:
                self._stream = info["return_value"]
            if self.ended:
                self._shut()

    def _end(self) -> None:
        self.ended = True
        self._shut()

    def _shut(self) -> None:
        with self._lock:
            end = self._stream.get_extra_info("socket") if self._stream is not None else None
        if end is not None:
            with suppress(OSError):  # closed meanwhile
                end.shutdown(socket.SHUT_RDWR)
