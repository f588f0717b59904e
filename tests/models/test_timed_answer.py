"""A server that sends a byte now and then is not waited for longer than a slow line would need."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models import download as downloading
from models import pull as pulling
from models import timed_answer as timing
from models.download import download
from models.errors import PackageError
from models.pull import pull, read_from_url
from models.timed_answer import timed_answer
from tests.models.packages import write_package

SIZE = 10_000
STEP_S = 0.05


@contextmanager
def trickling(folder: Path, where: str) -> Iterator[str]:
    """where: in the head of an answer, or in the body of which file; it goes on until whoever reads has gone."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            if where == "head":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                self.trickle(b"a")
                return
            content = (folder / name).read_bytes() if (folder / name).exists() else b"b" * SIZE
            self.send_response(200)
            self.send_header("Content-Length", str(max(SIZE, len(content)) if name == where else len(content)))
            self.send_header("ETag", '"one"')
            self.end_headers()
            if name == where:
                self.trickle(content[:1])
            else:
                self.wfile.write(content)

        def trickle(self, one: bytes) -> None:
            for _ in range(SIZE):
                try:
                    self.wfile.write(one)
                except OSError:
                    return
                if ended.wait(STEP_S):
                    return

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            ended.set()
            server.shutdown()
            thread.join()


def read_slowly(url: str) -> None:
    with timed_answer(url, 5, 0.5) as (answer, deadline):
        deadline.allow(1.5)
        answer.read(SIZE)


@pytest.fixture(autouse=True)
def fast_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "BYTES_PER_S_MIN", 1e9)
    monkeypatch.setattr(pulling, "TIMEOUT_S", 0.7)
    monkeypatch.setattr(downloading, "TIMEOUT_S", 0.7)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("where", ["head", "card.yaml", "model.onnx"])
def test_a_package_that_trickles_in_is_not_waited_for(tmp_path: Path, where: str) -> None:
    source = write_package(tmp_path / "served")
    start_s = time.monotonic()
    with (
        trickling(source, where) as url,
        pytest.raises(PackageError, match=r"not all there after 1 s; .*--from DIR"),
    ):
        pull("tiny", None, read_from_url(url), tmp_path / "mine")
    assert 0.6 < time.monotonic() - start_s < 20
    assert not (tmp_path / "mine" / "tiny").exists()


@pytest.mark.timeout(60)
def test_a_download_that_trickles_ends_and_keeps_what_came(tmp_path: Path) -> None:
    with trickling(tmp_path, "weights.bin") as url, pytest.raises(PackageError, match="broke off at"):
        download(f"{url}/weights.bin", tmp_path / "weights.bin")
    kept = (tmp_path / "weights.bin.part").read_bytes()
    assert kept
    assert set(kept) == set(b"b")
    with trickling(tmp_path, "head") as url, pytest.raises(PackageError, match="not all there after"):
        download(f"{url}/weights.bin", tmp_path / "weights.bin")
    assert (tmp_path / "weights.bin.part").read_bytes() == kept


@pytest.mark.timeout(60)
def test_time_that_is_allowed_later_counts_from_then(tmp_path: Path) -> None:
    with trickling(tmp_path, "slow") as url:
        start_s = time.monotonic()
        with pytest.raises(TimeoutError, match="after 2 s"):
            read_slowly(f"{url}/slow")
        assert time.monotonic() - start_s > 1.4


def test_a_slow_line_has_the_time_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "BYTES_PER_S_MIN", 1000)
    assert timing.seconds_for(30_000, 5.0) == 35.0
