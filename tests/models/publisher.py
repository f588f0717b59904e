"""A publisher on loopback: files with ranges and strong tags, an index of wheels, and every way to break off."""

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TERMS = (
    b"<html><head><title>no</title></head><body><nav>menu</nav>"
    b"<article><h1>Terms</h1><p>Use it\x1b[2J well.</p></article></body></html>"
)


def wheel(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"pkg/data/{name}"), content)
    return made.getvalue()


@dataclass
class Publisher:
    """files: path -> content. break_off: path -> bytes after which the next answer about it breaks off, once. asked:
    each path with the range that was asked for.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    break_off: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path, wanted = handler.path, handler.headers.get("Range")
        self.asked.append((path, wanted))
        content = self.files.get(path)
        if content is None and path.startswith("/simple/"):
            content = self._index(path)
        if content is None:
            handler.send_error(404)
            return
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        start = 0
        if wanted and handler.headers.get("If-Range") == tag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        handler.send_response(206 if start else 200)
        handler.send_header("ETag", tag)
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        end = self.break_off.pop(path, len(content))
        handler.wfile.write(content[start:end])
        handler.close_connection = end < len(content)

    def _index(self, path: str) -> bytes:
        project = path.strip("/").split("/")[1].replace("-", "_")
        names = [name.rsplit("/", 1)[1] for name in self.files if name.startswith(f"/files/{project}-")]
        return json.dumps({"files": [{"filename": name, "url": f"{self.url}/files/{name}"} for name in names]}).encode()


@contextmanager
def publishing(publisher: Publisher) -> Iterator[Publisher]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.answer(self)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    publisher.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
