"""The centre as a process behind real brokers: what is signed comes in, what is garbage does no harm."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from contract import codec
from tests.contract.examples import incident_report
from tests.integration.wire_box import WireBox, children, wire_box
from tests.postgres import PostgresServer
from tests.processes import Running, centre, eventually, json_lines, listens, mosquitto, xunjian

pytestmark = pytest.mark.slow  # each starts a broker and a centre as processes

GARBAGE = {
    "empty": b"",
    "no JSON": b"\x00\xff\xfe",
    "half an object": b'{"box_id": "box-1"',
    "duplicate keys": b'{"box_id": "box-1", "box_id": "box-1"}',
    "unsigned": b'{"box_id": "box-1", "schema": "xunjian.incident/1"}',
    "deep": b"[" * 60_000,
    "too large": b'{"box_id": "box-1", "text": "' + b"x" * 140_000 + b'"}',
}


class Place:
    """One centre and where it lives."""

    def __init__(self, folder: Path, stack: ExitStack, broker: str, database_url: str | None = None) -> None:
        self.folder = folder / "centre"
        self.broker_url = None
        if broker == "mosquitto":
            _, port = stack.enter_context(mosquitto(folder / "broker"))
            self.broker_url = f"mqtt://127.0.0.1:{port}"
        self.process, self.address = stack.enter_context(
            centre(self.folder, self.broker_url, database_url=database_url)
        )
        self.box = stack.enter_context(wire_box(self.folder, self.address))
        self.wait_until_subscribed()

    def wait_until_subscribed(self) -> None:
        with httpx.Client(base_url=self.address, trust_env=False) as http:
            eventually(lambda: http.get("/healthz").json()["broker"], 20, "the centre is subscribed")

    @property
    def log(self) -> str:
        return (self.folder / "serve.log").read_text(encoding="utf-8")

    def stored(self) -> list[str]:
        lines = json_lines(xunjian("central", "incidents", str(self.folder), "--json").stdout)
        return [str(line["id"]) for line in lines]


@pytest.fixture(params=["mosquitto", "embedded"])
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    with ExitStack() as stack:
        yield Place(tmp_path, stack, request.param)


def publish_report(box: WireBox, report_seq: int) -> bytes:
    payload = box.key.sign(incident_report(box_id=box.box_id, report_seq=report_seq))
    box.publish(payload)
    return payload


def test_a_signed_report_is_stored_and_acknowledged_and_garbage_around_it_does_no_harm(place: Place) -> None:
    box = place.box
    for payload in GARBAGE.values():
        box.publish(payload)
        box.publish(payload, "heartbeat")
    payload = publish_report(box, 1)
    receipt = box.receipt()
    assert (receipt.result, receipt.sha256) == ("stored", codec.sha256_hex(payload))
    box.publish(payload)
    assert box.receipt().result == "duplicate"

    other_version = incident_report(report_seq=2).to_object() | {"schema": "xunjian.incident/9"}
    box.publish(codec.canonical(box.key.sign_object(other_version)))
    assert box.receipt().reason == "version"
    forged = incident_report(report_seq=3).to_object()
    box.publish(codec.canonical(box.key.sign_object(forged)).replace(b'"alert"', b'"safety"'))
    assert box.receipt().reason == "signature"
    box.publish_from_elsewhere(b"x" * 1_048_576)
    publish_report(box, 4)
    assert box.receipt().result == "stored"
    assert len(place.stored()) == 2
    assert place.process.process.poll() is None
    assert "Traceback" not in place.log
    dropped = [line for line in place.log.splitlines() if "dropped a message" in line]
    assert len(dropped) >= len(GARBAGE)


def test_the_embedded_broker_is_started_again_and_ends_with_its_centre(tmp_path: Path) -> None:
    with ExitStack() as stack:
        place = Place(tmp_path, stack, "embedded")
        port = int(place.box.client.port)
        (broker,) = children(place.process.process.pid)
        os.kill(broker, signal.SIGKILL)
        eventually(lambda: children(place.process.process.pid) not in ([], [broker]), 10, "another broker runs")
        place.wait_until_subscribed()
        eventually(place.box.client.is_connected, 15, "the box is connected again")
        publish_report(place.box, 1)
        assert place.box.receipt().result == "stored"
        place.process.kill()
        eventually(lambda: not listens(port), 10, "the broker ended with its centre")


def test_a_centre_killed_between_commit_and_answer_finds_the_report_again_as_a_duplicate(
    tmp_path: Path, database_url: str
) -> None:
    with ExitStack() as stack:
        place = Place(tmp_path, stack, "mosquitto", database_url)
        place.process.stop()
        dying = [sys.executable, "-m", "tests.integration.dying_centre", str(place.folder)]
        with Running(dying, tmp_path / "dying.log") as process:
            payload = publish_report(place.box, 1)
            eventually(lambda: process.process.poll() is not None, 20, "the centre died after its commit")
            assert process.process.returncode == -signal.SIGKILL
        assert len(place.stored()) == 1
        assert place.box.answers.empty()
        stack.enter_context(centre(place.folder))  # the broker still has the message: nobody acknowledged it
        receipt = place.box.receipt()
        assert (receipt.result, receipt.sha256) == ("duplicate", codec.sha256_hex(payload))
        assert len(place.stored()) == 1


def test_a_centre_goes_on_when_its_postgresql_was_away(tmp_path: Path, postgres: PostgresServer) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database())
        place = Place(tmp_path, stack, "mosquitto", url)
        publish_report(place.box, 1)
        assert place.box.receipt().result == "stored"
        name = url.split("/")[3].split("?")[0]
        postgres.execute(
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        publish_report(place.box, 2)
        eventually(lambda: "reports wait, nothing is acknowledged" in place.log, 20, "the centre says that it waits")
        assert place.box.answers.empty()
        postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert place.box.receipt().result == "stored"
        assert len(place.stored()) == 2


def test_a_second_centre_on_the_same_folder_or_port_is_refused_in_one_line(tmp_path: Path) -> None:
    with centre(tmp_path / "a") as (_, address):
        port = address.rpartition(":")[2]
        again = xunjian("central", "serve", str(tmp_path / "a"), check=False)
        assert (again.returncode, again.stderr.count("\n"), "already" in again.stderr) == (1, 1, True)
        xunjian("central", "init", str(tmp_path / "b"))
        taken = xunjian("central", "serve", str(tmp_path / "b"), "--port", port, check=False)
        assert (taken.returncode, taken.stderr.count("\n")) == (1, 1)
        assert f"127.0.0.1:{port}" in taken.stderr
