"""A camera by HTTP for tests, that can be told to misbehave: real sockets, no codec library."""

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import cv2
import numpy as np

from tests.processes import free_port

BOUNDARY = b"--frame\r\n"


def jpeg(width: int, height: int) -> bytes:
    picture = np.full((height, width, 3), 40, np.uint8)
    picture[10:30, 10:30] = (30, 200, 240)
    return bytes(cv2.imencode(".jpg", picture)[1])


@dataclass
class MjpegCamera:
    """fps: as long as it is well. after: pictures per connection, 0: no end. drip: a byte a second."""

    port: int = field(default_factory=free_port)
    fps: float = 20.0
    size: tuple[int, int] = (128, 96)
    after: int = 0
    drip: bool = False
    login: str = ""
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/video"

    @cached_property
    def _server(self) -> ThreadingHTTPServer:
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.serve(self)

            def log_message(self, *_: object) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        server.daemon_threads = True
        server.block_on_close = False
        return server

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        self.connections += 1
        if self.login and request.headers.get("Authorization") != self._basic():
            request.send_response(HTTPStatus.UNAUTHORIZED)
            request.send_header("WWW-Authenticate", 'Basic realm="camera"')
            request.end_headers()
            return
        request.send_response(HTTPStatus.OK)
        request.send_header("Content-Type", "multipart/x-mixed-replace;boundary=frame")
        request.end_headers()
        try:
            self._stream(request.wfile.write)
        except OSError:  # the client has gone
            return

    def _stream(self, write: Callable[[bytes], object]) -> None:
        sent = 0
        while self._running and not (self.after and sent >= self.after):
            picture = jpeg(*self.size)
            part = (
                BOUNDARY + b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture) + picture + b"\r\n"
            )
            if self.drip:
                for byte in part:
                    if not (self.drip and self._running):
                        return
                    write(bytes([byte]))
                    time.sleep(1.0)
            else:
                write(part)
                sent += 1
                time.sleep(1 / self.fps)

    def _basic(self) -> str:
        return "Basic " + base64.b64encode(self.login.encode()).decode()

    def start(self) -> None:
        self._running = True
        self.__dict__.pop("_server", None)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Also hangs up on everybody who is connected."""
        self._running = False
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
