"""One suite for every broker adapter: what the publisher relies on, and nothing that a broker only promises."""

import contextlib
import getpass
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.backoff import Backoff
from edge.delivery.broker import (
    NO_SUBSCRIBERS,
    NOT_AUTHORISED,
    Answered,
    Broker,
    BrokerAddress,
    BrokerEvent,
    Connected,
    Disconnected,
    Message,
    Received,
)
from edge.delivery.memory_broker import MemoryBroker
from edge.delivery.mqtt import MqttBroker
from tests.processes import Running, eventually, free_port, listens, mosquitto

QUICK = Backoff(first_s=0.05, most_s=0.2)
EMBEDDED = """
import sys
from iotcore import Broker
Broker(config_path=sys.argv[1]).run_forever()
"""
EMBEDDED_TOML = """
id = 0
[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10
[v5.1]
name = "v5"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 5000
max_payload_size = 262144
max_inflight_count = 200
"""


@dataclass
class Client:
    """A broker client on its own thread, with everything that it was told."""

    broker: Broker
    events: list[BrokerEvent] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self.broker.run, args=(self.stopping, self.events.append))
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join(10)
        assert not self.thread.is_alive(), "a broker leaves within seconds of being asked"

    def received(self) -> list[bytes]:
        return [event.payload for event in self.events if isinstance(event, Received)]

    def code(self, token: int | None) -> int | None:
        assert token is not None
        answers = [event.code for event in self.events if isinstance(event, Answered) and event.token == token]
        return answers[-1] if answers else None


@dataclass
class Bench:
    make: Callable[[str, list[str]], Broker]
    cut: Callable[[], None]
    restore: Callable[[], None]
    clients: list[Client] = field(default_factory=list)

    def client(self, name: str, *filters: str) -> Client:
        client = Client(self.make(name, list(filters)))
        self.clients.append(client)
        eventually(lambda: client.broker.connected, 10, f"{name} connected")
        return client


def start_embedded(folder: Path, port: int) -> Running:
    (folder / "broker.toml").write_text(EMBEDDED_TOML.format(port=port), encoding="utf-8")
    return Running([sys.executable, "-c", EMBEDDED, str(folder / "broker.toml")], folder / "embedded.log")


@contextlib.contextmanager
def embedded(folder: Path) -> Iterator[tuple[Running, int]]:
    port = free_port()
    with start_embedded(folder, port) as process:
        eventually(lambda: listens(port), 10, "the embedded broker")
        yield process, port


def by_mqtt(process: Running, port: int) -> Bench:
    def make(name: str, filters: list[str]) -> Broker:
        will = Message(f"will/{name}", b"gone", retain=True)
        return MqttBroker(BrokerAddress("127.0.0.1", port), name, will, filters, QUICK)

    def restore() -> None:
        process.start()
        eventually(lambda: listens(port), 10, "the broker is back")

    return Bench(make, process.kill, restore)


@pytest.fixture(params=["memory", "mosquitto", "embedded"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with contextlib.ExitStack() as stack:
        if request.param == "memory":
            hub = MemoryBroker.Hub()
            made = Bench(lambda _, filters: MemoryBroker(hub, filters), hub.cut, hub.restore)
        else:
            start = mosquitto if request.param == "mosquitto" else embedded
            made = by_mqtt(*stack.enter_context(start(tmp_path)))
        yield made
        for client in made.clients:
            client.stop()


def test_what_is_published_arrives_and_is_answered(bench: Bench) -> None:
    box, centre = bench.client("box"), bench.client("centre", "a/topic")
    token = box.broker.publish(Message("a/topic", b"\x00bytes\xff"))
    eventually(lambda: centre.received() == [b"\x00bytes\xff"], 5, "the message")
    eventually(lambda: box.code(token) == 0, 5, "the answer")


def test_a_thousand_messages_from_two_threads_arrive_whole(bench: Bench) -> None:
    box, centre = bench.client("box"), bench.client("centre", "a/topic")
    payloads = [f"{number:04} ".encode() * 300 for number in range(1000)]

    def send(mine: list[bytes]) -> None:
        for payload in mine:
            while box.broker.publish(Message("a/topic", payload)) is None:
                time.sleep(0.001)  # the window is full

    threads = [threading.Thread(target=send, args=(payloads[start::2],)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    eventually(lambda: set(centre.received()) == set(payloads), 20, "every message, none torn")


def test_a_restarted_broker_is_found_again_and_subscriptions_are_made_anew(bench: Bench) -> None:
    box, centre = bench.client("box"), bench.client("centre", "a/topic")
    bench.cut()
    eventually(lambda: not box.broker.connected and not centre.broker.connected, 10, "the cut is noticed")
    assert box.broker.publish(Message("a/topic", b"lost")) is None
    bench.restore()
    eventually(lambda: box.broker.connected and centre.broker.connected, 10, "both are back")
    eventually(lambda: [type(event) for event in box.events].count(Connected) == 2, 5, "two connections are told")
    assert any(isinstance(event, Disconnected) for event in box.events)

    def arrives() -> bool:  # the centre's subscription may be answered a moment after its connection
        box.broker.publish(Message("a/topic", b"again"))
        return b"again" in centre.received()

    eventually(arrives, 10, "a message over the new subscription", every_s=0.2)
    assert b"lost" not in centre.received()


def test_no_listener_is_told_or_the_message_is_taken_but_never_a_failure(bench: Bench) -> None:
    box = bench.client("box")
    token = box.broker.publish(Message("nobody/listens", b"x"))
    eventually(lambda: box.code(token) is not None, 5, "an answer")
    assert box.code(token) in (0, NO_SUBSCRIBERS)


def test_a_large_report_passes(bench: Bench) -> None:
    box, centre = bench.client("box"), bench.client("centre", "a/topic")
    payload = b"x" * 131_072
    assert len(payload) <= box.broker.payload_bytes_max
    box.broker.publish(Message("a/topic", payload))
    eventually(lambda: centre.received() == [payload], 10, "128 KB")


def test_mosquitto_says_which_topics_are_not_ours_and_that_nobody_listens(tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("topic readwrite open/#\n", encoding="utf-8")
    settings = ("allow_anonymous true", f"user {getpass.getuser()}", f"acl_file {tmp_path / 'acl'}")
    with mosquitto(tmp_path, None, *settings) as (process, port):
        bench = by_mqtt(process, port)
        box = bench.client("box")
        denied = box.broker.publish(Message("closed/topic", b"x"))
        unheard = box.broker.publish(Message("open/topic", b"x"))
        eventually(lambda: box.code(denied) == NOT_AUTHORISED, 5, "0x87")
        eventually(lambda: box.code(unheard) == NO_SUBSCRIBERS, 5, "0x10")
        box.stop()


def test_a_clean_goodbye_leaves_no_will(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as (process, port):
        bench = by_mqtt(process, port)
        watcher = bench.client("watcher", "will/box")
        box = bench.client("box")
        box.stop()
        time.sleep(0.3)
        assert watcher.received() == []
        watcher.stop()


def test_an_unreachable_broker_is_said_and_tried_again() -> None:
    address = BrokerAddress("127.0.0.1", free_port())
    client = Client(MqttBroker(address, "box", Message("will/box", b"gone"), [], QUICK))
    eventually(lambda: len(client.events) >= 3, 10, "three attempts")
    client.stop()
    assert all(isinstance(event, Disconnected) and "cannot be reached" in event.reason for event in client.events)
