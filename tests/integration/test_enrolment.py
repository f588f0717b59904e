"""A box and a centre pin each other's keys by one token; anything else ends in one line that says what to do."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from contract import codec
from contract.enrolment import Introduction, Welcome, make_token
from contract.signing import PublicKey, SigningKey
from edge.delivery.enrolment import enrol
from edge.delivery.errors import EnrolmentError

CENTRE_KEY = SigningKey.generate()
BOX_KEY = SigningKey.generate()
TOKEN = make_token(b"s" * 32, CENTRE_KEY.public.raw)


def welcome(key: SigningKey = CENTRE_KEY, **fields: str) -> Welcome:
    values = {"box_id": "box-1", "tenant": "default", "site": "north", "broker": "mqtt://127.0.0.1:1883"}
    return Welcome.model_validate(values | {"public_key": key.public.base64} | fields)


@contextmanager
def answering(answer: Callable[[bytes], tuple[int, bytes]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(10)


def test_a_box_introduces_itself_signed_and_learns_where_it_stands() -> None:
    seen: list[bytes] = []

    def answer(body: bytes) -> tuple[int, bytes]:
        seen.append(body)
        return 200, CENTRE_KEY.sign(welcome())

    with answering(answer) as url:
        assert enrol(url, f" {TOKEN}\n", "box-1", BOX_KEY, "0.1.0").site == "north"
    document = codec.parse(seen[0], 10_000)
    PublicKey.from_base64(codec.decode(document, Introduction).public_key).verify(document)
    assert document["token"] == TOKEN


OTHER_KEY = SigningKey.generate()
ANSWERS = {
    "another centre's key": (200, OTHER_KEY.sign(welcome(OTHER_KEY)), "the token was made by another"),
    "the right key named, another one signing": (200, OTHER_KEY.sign(welcome()), "not a centre's welcome"),
    "no signature": (200, codec.canonical(welcome().to_object()), "not a centre's welcome"),
    "for another box": (200, CENTRE_KEY.sign(welcome(box_id="box-2")), "answered for 'box-2'"),
    "a page": (200, b"<html>", "not a centre's welcome"),
    "a used token": (403, b'{"reason": "token", "message": "this token was used"}', "this token was used"),
    "no centre": (404, b"not found", "is this the address of a centre"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_not_the_tokens_centre_is_refused_in_one_line(name: str) -> None:
    status, body, said = ANSWERS[name]
    with answering(lambda _: (status, body)) as url, pytest.raises(EnrolmentError, match=said) as raised:
        enrol(url, TOKEN, "box-1", BOX_KEY, "0.1.0")
    assert "\n" not in str(raised.value)
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense", "ftp://host", "http://"])
def test_an_address_without_a_centre_says_what_to_write_or_start(url: str) -> None:
    with pytest.raises(EnrolmentError, match=r"http://HOST:PORT|is it running"):
        enrol(url, TOKEN, "box-1", BOX_KEY, "0.1.0")


@pytest.mark.parametrize("token", ["", "abc", TOKEN[:-4], "0" * 77], ids=["empty", "short", "cut", "not base32"])
def test_a_token_that_is_none_says_how_to_make_one(token: str) -> None:
    with pytest.raises(EnrolmentError, match="xunjian central token"):
        enrol("http://127.0.0.1:9", token, "box-1", BOX_KEY, "0.1.0")
