"""A small media store over HTTP for tests of the uploader: keeps what arrived, and can be told to misbehave."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class MediaStore:
    """held: complete files by hash. cuts: after how many bytes of a PATCH the line goes dead, one per PATCH."""

    held: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    lengths: dict[str, tuple[str, int]] = field(default_factory=dict)
    allowed: set[str] | None = None
    cuts: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # statuses to give to the next POSTs instead of taking them
    stop_before_finishing: bool = False
    poison: str = ""  # the file whose PATCH always ends in a dead line
    requests: list[str] = field(default_factory=list)
    bytes_taken: int = 0
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: MediaStore

    def do_HEAD(self) -> None:
        self.store.requests.append(f"HEAD {self.path}")
        name = self.path.rsplit("/", 1)[1]
        if "/uploads/" not in self.path:
            self._say(200 if name in self.store.held else 404)
        elif name in self.store.uploads:
            self._say(200, {"Upload-Offset": str(len(self.store.uploads[name]))})
        else:
            self._say(404)

    def do_POST(self) -> None:
        self.store.requests.append("POST")
        pairs = (pair.split(" ") for pair in self.headers["Upload-Metadata"].split(","))
        sha256 = {name: base64.b64decode(value).decode() for name, value in pairs}["sha256"]
        if self.store.answers:
            self._say(self.store.answers.pop(0), reason="told_to")
        elif sha256 in self.store.held:
            self._say(200)
        elif self.store.allowed is not None and sha256 not in self.store.allowed:
            self._say(409, reason="not_yet")
        else:
            name = f"u{len(self.store.lengths)}"
            self.store.uploads[name] = bytearray()
            self.store.lengths[name] = sha256, int(self.headers["Upload-Length"])
            self._say(201, {"Location": f"/api/media/uploads/{name}"})

    def do_PATCH(self) -> None:
        name = self.path.rsplit("/", 1)[1]
        upload = self.store.uploads[name]
        self.store.requests.append(f"PATCH {self.headers['Upload-Offset']}")
        assert int(self.headers["Upload-Offset"]) == len(upload)
        wanted = int(self.headers["Content-Length"])
        cut = self.store.cuts.pop(0) if self.store.cuts else wanted
        cut = 0 if self.store.lengths[name][0] == self.store.poison else cut
        data = self.rfile.read(min(wanted, cut))
        upload += data
        self.store.bytes_taken += len(data)
        if cut < wanted:
            self.close_connection = True
            self.connection.close()
            return
        sha256, length = self.store.lengths[name]
        if self.store.stop_before_finishing and len(upload) == length:
            self.close_connection = True
            self.connection.close()
            return
        if len(upload) == length:
            del self.store.uploads[name]
            if hashlib.sha256(upload).hexdigest() != sha256:
                self._say(460, reason="hash")
                return
            self.store.held[sha256] = bytes(upload)
        self._say(204, {"Upload-Offset": str(len(upload))})

    def _say(self, status: int, headers: dict[str, str] | None = None, reason: str = "") -> None:
        body = json.dumps({"reason": reason, "message": reason}).encode() if reason else b""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def media_store() -> Iterator[MediaStore]:
    store = MediaStore()
    handler = type("Bound", (Handler,), {"store": store})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    store.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
