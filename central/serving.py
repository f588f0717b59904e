"""Serving: the sockets, the application on them, and an end that leaves nothing running."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from central.app import Centre, create_app, lock_folder
from central.errors import AddressError
from central.settings import LOOPBACK, Address, CentralFolder

SHUTDOWN_S = 3


def serve(folder: CentralFolder, port: int, box_address: Address | None) -> int:
    """Until a signal ends it. box_address: a second listener, for boxes alone. Raises CentralError."""
    folder.load()
    lock = lock_folder(folder)
    sockets = [_listen(Address(LOOPBACK, port), "--port N")]
    box_port = None
    if box_address is not None:
        sockets.append(_listen(box_address, "--box-listen HOST:PORT"))
        box_port = sockets[1].getsockname()[1]
    centre = Centre.open(folder)
    centre.start()
    app = create_app(centre, box_port=box_port)
    server = _Server(
        uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=SHUTDOWN_S
        ),
        f"centre ready: http://{LOOPBACK}:{sockets[0].getsockname()[1]}/  broker {centre.settings.broker_url}",
        centre.bell.close,
    )
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it again when it is done: that is a good end
    try:
        asyncio.run(server.serve(sockets))
    except KeyboardInterrupt:
        pass
    finally:
        centre.stop()
        os.close(lock)
    return 0 if server.started else 1


class _Server(uvicorn.Server):
    """Says where it is as soon as it answers."""

    def __init__(self, config: uvicorn.Config, ready: str, closing: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._closing = closing

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._closing()  # event streams never end by themselves
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._ready, flush=True)


def _listen(address: Address, option: str) -> socket.socket:
    """Raises AddressError."""
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address.host, address.port))
        listener.listen()
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise AddressError(
            f"cannot listen on {address.host}:{address.port} ({why}): choose another with {option}"
        ) from error
    return listener
