"""An answer from the web that ends: a timeout of the socket begins anew with each byte, so a server that trickles them
would be waited for without end.
"""

import http.client
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

BYTES_PER_S_MIN = 16 * 1024  # of a line on which a package is worth waiting for


class Deadline:
    """Of all connections that one request makes, redirections too. When it has passed, reading from them ends."""

    def __init__(self, within_s: float) -> None:
        self._sockets: list[socket.socket] = []
        self._changing = threading.Lock()
        self._timer: threading.Timer | None = None
        self.within_s = within_s
        self.passed = False
        self.allow(within_s)

    def allow(self, within_s: float) -> None:
        """So long from now, in place of what is left."""
        self.close()
        self.within_s = within_s
        self._timer = threading.Timer(within_s, self._pass)
        self._timer.daemon = True
        self._timer.start()

    def holds(self, connected: socket.socket) -> None:
        with self._changing:
            self._sockets.append(connected)
            if self.passed:
                _end(connected)

    def check(self) -> None:
        """Raises TimeoutError."""
        if self.passed:
            raise TimeoutError(f"not all there after {self.within_s:.0f} s")

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _pass(self) -> None:
        with self._changing:
            self.passed = True
            for connected in self._sockets:
                _end(connected)


def _end(connected: socket.socket) -> None:
    with suppress(OSError):  # it is closed
        # Of the plain socket: TLS would want to say goodbye first.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def seconds_for(size_bytes: int, timeout_s: float) -> float:
    return timeout_s + size_bytes / BYTES_PER_S_MIN


@contextmanager
def timed_answer(
    request: str | urllib.request.Request, timeout_s: float, within_s: float
) -> Iterator[tuple[http.client.HTTPResponse, Deadline]]:
    """As `urllib.request.urlopen`, of http and https. timeout_s: to connect, and between two bytes. within_s: for all,
    to the end of the block. Raises TimeoutError, and as `urlopen`.
    """
    deadline = Deadline(within_s)
    try:
        with _opener(deadline).open(request, timeout=timeout_s) as answer:
            deadline.check()  # a head that was cut off reads as one that ended
            yield answer, deadline
    except (OSError, http.client.HTTPException):
        if not deadline.passed:
            raise
    finally:
        deadline.close()
    deadline.check()


def _opener(deadline: Deadline) -> urllib.request.OpenerDirector:
    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            deadline.holds(self.sock)

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            deadline.holds(self.sock)

    class PlainHandler(urllib.request.HTTPHandler):
        def http_open(self, request: urllib.request.Request) -> Any:
            return self.do_open(Plain, request)

    class SecureHandler(urllib.request.HTTPSHandler):
        def https_open(self, request: urllib.request.Request) -> Any:
            return self.do_open(Secure, request)

    return urllib.request.build_opener(PlainHandler, SecureHandler)
