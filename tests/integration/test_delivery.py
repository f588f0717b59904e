"""A real box and a real centre over mosquitto: refused, replaced, slow, foreign, and everything still arrives."""

import getpass
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.codec import canonical, parse
from contract.signing import PublicKey, SigningKey
from edge.clock import SystemClock
from edge.delivery.broker import BrokerAddress, Message
from edge.delivery.enrolment import enrol
from edge.delivery.faults import Faults
from edge.delivery.identity import Identity
from edge.delivery.mqtt import MqttBroker
from edge.delivery.outbox import Outbox
from edge.delivery.publisher import Publisher, availability
from edge.delivery.uploader import Uploader, make_client
from edge.health.watchdog import Worker
from tests.conformance.test_brokers import Client
from tests.edge.delivery.drafts import Draft, acknowledgement, next_draft, sealed_file
from tests.processes import Running, centre, eventually, mosquitto, xunjian

pytestmark = pytest.mark.slow
ANSWERS = "xunjian/v1/box-1/acknowledgement"


@dataclass
class Box:
    """The delivery half of a box, on threads of this process; drafts take the place of cameras."""

    folder: Path
    outbox: Outbox
    key: SigningKey
    identity: Identity
    broker: MqttBroker
    faults: Faults = field(default_factory=Faults)
    workers: list[Worker] = field(default_factory=list)

    def start(self, centre_url: str) -> None:
        clock = SystemClock()
        publisher = Publisher(self.identity, self.outbox, self.broker, clock, self.faults)
        uploader = Uploader(centre_url, "box-1", self.outbox, clock, faults=self.faults, client=make_client())
        self.workers = [
            Worker("broker", lambda stopping, _: self.broker.run(stopping, publisher.handle), clock),
            Worker("publisher", publisher.run, clock),
            Worker("uploader", uploader.run, clock),
        ]
        for worker in self.workers:
            worker.start()

    def stop(self) -> None:
        """As the supervisor does: the broker last, so that the goodbye gets out."""
        for worker in reversed(self.workers):
            worker.ask_to_stop()
            assert worker.join(10)
            assert worker.error is None, worker.complaint()

    def draft(self, **fields: Any) -> Draft:
        return Draft(key=self.key, **fields)

    def delivered(self) -> bool:
        depth = self.outbox.depth()
        return depth.rows == 0 and depth.files_pending == 0

    def fault(self, name: str) -> str:
        return next((fault for fault in self.faults.current() if fault.startswith(f"{name}: ")), "")


@dataclass
class Place:
    broker: Running
    port: int
    centre: Running
    centre_folder: Path
    address: str
    box: Box

    def stored(self) -> set[tuple[str, int]]:
        with closing(sqlite3.connect(self.centre_folder / "central.sqlite3", timeout=10)) as connection:
            return set(connection.execute("SELECT incident_id, revision FROM revisions"))


@contextmanager
def place(folder: Path, *broker_settings: str) -> Iterator[Place]:
    with (
        mosquitto(folder / "broker", None, *broker_settings) as (broker, port),
        centre(folder / "centre", f"mqtt://127.0.0.1:{port}") as (process, address),
        Outbox(folder / "outbox.sqlite3", SystemClock()) as outbox,
    ):
        key = SigningKey.generate()
        token = xunjian("central", "token", str(folder / "centre")).stdout
        welcome = enrol(address, token, "box-1", key, "0.1.0")
        identity = Identity("box-1", outbox.start_session("0.1.0"), key, PublicKey.from_base64(welcome.public_key))
        link = MqttBroker(BrokerAddress("127.0.0.1", port), "box-1", availability(identity, "offline"), [ANSWERS])
        box = Box(folder, outbox, key, identity, link)
        box.start(address)
        try:
            yield Place(broker, port, process, folder / "centre", address, box)
        finally:
            box.stop()


def test_reports_and_files_arrive_are_acknowledged_and_held(tmp_path: Path) -> None:
    with place(tmp_path) as one:
        picture = sealed_file(tmp_path, b"not really a picture")
        draft = one.box.draft(files=(picture,))
        one.box.outbox.commit([draft])
        one.box.outbox.commit([next_draft(draft, "close")])
        eventually(one.box.delivered, 20, "all is acknowledged")
        assert one.stored() == {(draft.incident_id, 0), (draft.incident_id, 1)}
        held = httpx.head(f"{one.address}/api/media/{picture.item.sha256}", trust_env=False)
        assert held.status_code == 200


def test_a_broker_that_refuses_by_its_acl_deletes_nothing_and_is_told(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    rest = "topic readwrite #\n"
    acl.write_text("topic deny xunjian/v1/box-1/incident\n" + rest, encoding="utf-8")
    settings = ("allow_anonymous true", f"user {getpass.getuser()}", f"acl_file {acl}")
    with place(tmp_path, *settings) as one:
        committed = one.box.outbox.commit([one.box.draft() for _ in range(5)])
        eventually(lambda: "0x87" in one.box.fault("publish"), 20, "the fault")
        assert one.box.outbox.depth().rows == 5
        assert one.stored() == set()
        acl.write_text(rest, encoding="utf-8")
        one.broker.kill()
        one.broker.start()
        eventually(one.box.delivered, 30, "after the ACL was mended")
        assert len(one.stored()) == len(committed)
        assert one.box.fault("publish") == ""


def test_an_empty_broker_in_the_place_of_the_old_one_gets_everything_within_thirty_seconds(tmp_path: Path) -> None:
    with place(tmp_path) as one:
        one.box.outbox.commit([one.box.draft()])
        eventually(one.box.delivered, 20, "the first")
        one.broker.kill()
        one.box.outbox.commit([one.box.draft() for _ in range(200)])
        one.broker.start()
        eventually(one.box.delivered, 30, "everything, at the new broker")
        assert len(one.stored()) == 201


def test_a_live_report_passes_the_backlog_of_an_outage(tmp_path: Path) -> None:
    with place(tmp_path) as one:
        one.centre.kill()
        one.box.stop()
        one.box.outbox.commit([one.box.draft() for _ in range(1500)])
        one.box.outbox._commits.clear()  # an hour later, it is backlog
        one.box.start(one.address)
        one.centre.start()
        (live,) = one.box.outbox.commit([one.box.draft()])
        eventually(lambda: (live.incident_id, 0) in one.stored(), 20, "the live report")
        assert one.box.outbox.depth().rows > 0, "the backlog was still there"
        eventually(lambda: one.box.outbox.depth().rows == 0, 60, "the backlog")
        assert len(one.stored()) == 1501


def test_a_safety_lead_passes_five_hundred_others_and_interrupts_at_once(tmp_path: Path) -> None:
    """Those are older, newer and of the same second: what an outage leaves behind."""
    with place(tmp_path) as one:
        one.box.outbox.commit([one.box.draft()])
        eventually(one.box.delivered, 20, "the centre is subscribed")
        one.box.stop()
        one.box.outbox.commit([one.box.draft() for _ in range(250)])
        (fire,) = one.box.outbox.commit([one.box.draft(severity="safety", opened=datetime.now(UTC))])
        one.box.outbox.commit([one.box.draft() for _ in range(250)])
        one.box.start(one.address)
        eventually(lambda: one.box.outbox.depth().rows == 0, 60, "everything")
        assert len(one.stored()) == 502
        with closing(sqlite3.connect(one.centre_folder / "central.sqlite3", timeout=10)) as connection:
            rows = connection.execute("SELECT incident_id FROM revisions ORDER BY stored_seq").fetchall()
        assert rows.index((fire.incident_id,)) == 1  # after the one before the outage
        alarm = httpx.get(f"{one.address}/", trust_env=False, headers={"Accept-Language": "en"}).text
        assert f'data-alarm="{fire.incident_id}"' in alarm


def test_whoever_else_may_publish_acknowledgements_frees_nothing(tmp_path: Path) -> None:
    with place(tmp_path) as one:
        one.centre.kill()
        (revision,) = one.box.outbox.commit([one.box.draft()])
        stranger = Client(MqttBroker(BrokerAddress("127.0.0.1", one.port), "stranger", Message("w", b""), []))
        eventually(lambda: stranger.broker.connected, 10, "the stranger is connected")
        foreign = SigningKey.generate().sign(acknowledgement(revision))
        unsigned = canonical({name: value for name, value in parse(foreign, 99_999).items() if name != "signature"})
        replayed = one.box.key.sign(acknowledgement(revision))
        for payload in (b"garbage", b"{}", b"x" * 1_000_000, unsigned, foreign, replayed):
            stranger.broker.publish(Message(ANSWERS, payload))
        eventually(lambda: one.box.fault("acknowledgement"), 10, "the fault")
        stranger.stop()
        assert one.box.outbox.depth().rows == 1
        one.centre.start()
        eventually(one.box.delivered, 30, "the centre's own word frees it")


def test_a_report_of_another_boxs_key_is_not_stored(tmp_path: Path) -> None:
    with place(tmp_path) as one:
        one.box.outbox.commit([Draft(key=SigningKey.generate())])
        (good,) = one.box.outbox.commit([one.box.draft()])
        eventually(lambda: (good.incident_id, 0) in one.stored(), 20, "the good one")
        assert len(one.stored()) == 1
        kept = one.box.outbox.depth  # the good one's row goes a moment after it is stored: with the acknowledgement
        eventually(lambda: kept().rows + kept().set_aside == 1, 20, "only the good one's row goes")
        assert one.box.outbox.depth().rows + one.box.outbox.depth().set_aside == 1, "and the other is kept on the box"


def test_the_availability_follows_the_session(tmp_path: Path) -> None:
    with place(tmp_path) as one:
        watched = ["xunjian/v1/+/availability"]
        watcher = Client(MqttBroker(BrokerAddress("127.0.0.1", one.port), "w", Message("w", b""), watched))
        eventually(lambda: any(b'"online"' in payload for payload in watcher.received()), 10, "online")
        one.box.stop()
        eventually(lambda: b'"offline"' in watcher.received()[-1], 10, "offline, said by the box")
        one.box.identity = replace(one.box.identity, session=2)
        one.box.start(one.address)
        wanted = (b'"online"', b'"session":2')
        eventually(lambda: all(part in watcher.received()[-1] for part in wanted), 10, "online in the next session")
        watcher.stop()
