"""An HTTP server that misbehaves in every way costs its deadline at most, is left alone for a while, and is named."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from models.vlm.chat_server import ANSWER_BYTES_MAX, ChatServer, ServerAddress, ServerError

TIMEOUT_S = 1.0
Behaviour = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


def answer(handler: BaseHTTPRequestHandler, body: object, status: int = 200) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


@contextmanager
def serving(behave: Behaviour) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                behave(self, {"path": self.path, "headers": dict(self.headers), **body})
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def client(url: str, **settings: Any) -> ChatServer:
    return ChatServer(ServerAddress(url, "any", **{"timeout_s": TIMEOUT_S, **settings}))


def test_it_completes_and_chats_with_pictures_a_schema_and_a_key() -> None:
    seen: list[dict[str, Any]] = []

    def behave(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        seen.append(request)
        choice = {"text": "on"} if request["path"] == "/v1/completions" else {"message": {"content": '{"a": 1}'}}
        answer(handler, {"choices": [choice]})

    with serving(behave) as url:
        server = client(url, key="secret")
        assert server.complete("go", stop="\n", tokens_max=4, seed=0) == "on"
        assert server.chat("what?", [b"\x89PNG...", b"\xff\xd8..."], schema={"type": "object"}) == '{"a": 1}'
    assert seen[0]["temperature"] == 0
    assert seen[0]["headers"]["Authorization"] == "Bearer secret"
    assert [part["type"] for part in seen[1]["messages"][0]["content"]] == ["image_url", "image_url", "text"]
    assert seen[1]["messages"][0]["content"][0]["image_url"]["url"].startswith("data:image/png;base64,")
    assert seen[1]["response_format"]["json_schema"]["schema"] == {"type": "object"}


def _drip(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _byte in range(200):  # each byte in time for a timeout of its own
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def _slow_headers(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
    for _turn in range(100):
        handler.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\n")
        handler.wfile.flush()
        time.sleep(0.1)


def _breaks_off_late(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(json.dumps({"choices": [{"text": "all of it"}]}).encode())
    handler.wfile.flush()
    time.sleep(2 * TIMEOUT_S)  # without a length an answer ends with its connection


def _flood(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
    answer(handler, b" " * (ANSWER_BYTES_MAX + 70_000))


def _silence(_: BaseHTTPRequestHandler, __: dict[str, Any]) -> None:
    time.sleep(2 * TIMEOUT_S)


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (_drip, "no whole answer within 1 s"),
        (_flood, "an answer of more than 1000000 bytes"),
        (_silence, "no whole answer within 1 s"),
        (_slow_headers, "no whole answer within 1 s"),
        (_breaks_off_late, "no whole answer within 1 s"),
        (lambda handler, _: answer(handler, {"error": "no such model"}, 404), "HTTP 404"),
        (lambda handler, _: answer(handler, b"<html>"), "not JSON"),
        (lambda handler, _: answer(handler, b"[" * 100_000), "not JSON"),
        (lambda handler, _: answer(handler, []), "not a JSON object"),
        (lambda handler, _: answer(handler, {"choices": []}), "holds no choices"),
        (lambda handler, _: answer(handler, {"choices": [{"text": 1}]}), "holds no text"),
    ],
)
def test_a_misbehaving_server_is_named_within_its_time(behave: Behaviour, reason: str) -> None:
    with serving(behave) as url:
        server = client(url)
        started_s = time.monotonic()
        with pytest.raises(ServerError, match=reason) as raised:
            server.complete("go", stop="\n", tokens_max=4, seed=0)
        assert time.monotonic() - started_s < TIMEOUT_S + 2.0
        assert url in str(raised.value)
        assert "\n" not in str(raised.value)


def test_no_proxy_of_the_environment_sees_the_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def behave(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        asked.append(request["path"])
        answer(handler, {"choices": [{"message": {"content": request["headers"]["Accept-Encoding"]}}]})

    with serving(behave) as proxy, serving(behave) as url:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert client(url).chat("what?", [b"\xff\xd8..."]) == "identity"
    assert asked == ["/v1/chat/completions"]


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ServerError, match="is the server running there"):
        client(f"http://127.0.0.1:{port}").complete("go", stop="\n", tokens_max=4, seed=0)


def test_a_failed_server_is_left_alone_for_a_growing_while_and_asked_again_after_it() -> None:
    now_s = [100.0]
    calls: list[int] = []
    working = [False]

    def behave(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        calls.append(1)
        answer(handler, {"choices": [{"text": "on"}]}, 200 if working[0] else 503)

    with serving(behave) as url:
        server = ChatServer(ServerAddress(url, "any"), now_s=lambda: now_s[0])

        def ask() -> str:
            return server.complete("go", stop="\n", tokens_max=4, seed=0)

        with pytest.raises(ServerError, match="503"):
            ask()
        with pytest.raises(ServerError, match="asked again in 1 s"):
            ask()
        now_s[0] += 1.1
        with pytest.raises(ServerError, match="503"):
            ask()
        with pytest.raises(ServerError, match="asked again in 2 s"):
            ask()
        assert len(calls) == 2
        now_s[0] += 2.1
        working[0] = True
        assert ask() == ask() == "on"


def test_no_more_requests_run_at_once_than_the_server_may_have() -> None:
    running, most = [0], [0]
    lock = threading.Lock()

    def behave(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.1)
        with lock:
            running[0] -= 1
        answer(handler, {"choices": [{"text": "on"}]})

    with serving(behave) as url:
        server = client(url, concurrent_max=2, timeout_s=20.0)
        threads = [
            threading.Thread(target=server.complete, args=("go",), kwargs={"stop": "\n", "tokens_max": 1, "seed": 0})
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most[0] == 2


def test_the_key_is_in_no_text() -> None:
    assert "secret" not in repr(ServerAddress("http://h", "m", key="secret"))


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("wanted", "pause_s"), [("7", 7), ("100000", 60), ("soon", 1)])
def test_a_busy_server_gets_the_pause_that_it_asks_for_up_to_a_minute(status: int, wanted: str, pause_s: int) -> None:
    def behave(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.send_response(status)
        handler.send_header("Retry-After", wanted)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with serving(behave) as url:
        server = ChatServer(ServerAddress(url, "any"), now_s=lambda: 50.0)
        with pytest.raises(ServerError, match=str(status)):
            server.complete("go", stop="\n", tokens_max=4, seed=0)
        with pytest.raises(ServerError, match=f"asked again in {pause_s} s"):
            server.complete("go", stop="\n", tokens_max=4, seed=0)


def test_one_that_breaks_off_mid_answer_is_named() -> None:
    def behave(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"choices"')
        handler.close_connection = True

    with serving(behave) as url, pytest.raises(ServerError, match="is the server running there"):
        client(url).complete("go", stop="\n", tokens_max=4, seed=0)
