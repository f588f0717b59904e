"""A server of a test's own: a port on loopback, a thread for each who connects."""

import contextlib
import socket
import threading
from abc import ABC, abstractmethod
from typing import Self


class Listening(ABC):
    """port: open from the start; whoever connects is served once the block is entered, until it is left."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    @abstractmethod
    def _serve(self, client: socket.socket) -> None:
        """In a thread of its own; closes the client."""
