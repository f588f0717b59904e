"""What should not come, over a real broker: forged, stale and foreign commands, an id that is taken, a copied box.

Each is one clear line, nothing is lost, the box that is meant goes on.
"""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import create_engine, text

from contract import codec
from contract.command import Command, CommandResult
from contract.signing import SigningKey
from tests.contract.examples import incident_report
from tests.edge.scripted_scene import write_scene
from tests.processes import XUNJIAN, Running, centre, enrol_box, eventually, mosquitto, xunjian

WITHIN_S = 60
RULES = """
version: 1
zones:
  table: {cameras: [hall_1], polygon: [[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]]}
rules:
  - {id: at-table, type: site.intrusion, kind: zone_presence, zone: table, classes: [person], dwell_s: 0.5,
     cool_down_s: 1}
"""


class Wire:
    """Anybody who can reach the broker. answers: what boxes say in `result`."""

    def __init__(self, port: int) -> None:
        self.answers: list[CommandResult] = []
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", port)
        self.client.subscribe("xunjian/v1/+/result/+", qos=1)
        self.client.loop_start()

    def _take(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self.answers.append(codec.decode(codec.parse(bytes(message.payload), 1 << 17), CommandResult))

    def say(self, topic: str, payload: bytes) -> None:
        self.client.publish(f"xunjian/v1/{topic}", payload, qos=1).wait_for_publish(10)

    def answer(self, command_id: str) -> CommandResult:
        eventually(lambda: command_id in [one.command_id for one in self.answers], WITHIN_S, f"an answer, {command_id}")
        return next(one for one in self.answers if one.command_id == command_id)


@dataclass(frozen=True)
class Site:
    folder: Path
    address: str
    http: httpx.Client
    wire: Wire
    rules: Path
    camera: tuple[str, ...]

    @property
    def centre_key(self) -> SigningKey:
        return SigningKey.load(self.folder / "central" / "keys" / "centre.key")

    def heartbeat(self) -> dict[str, Any]:
        (box,) = self.http.get("/api/boxes").json()["boxes"]
        return dict(box["heartbeat"] or {})

    def incidents(self) -> set[str]:
        return {one["incident_id"] for one in self.http.get("/api/incidents?limit=200").json()["incidents"]}

    def lines(self, log: str, with_text: str) -> list[str]:
        return [line for line in (self.folder / log).read_text().splitlines() if with_text in line]

    def goes_on(self) -> None:
        """New leads of the box keep coming."""
        before = self.incidents()
        eventually(lambda: self.incidents() - before, WITHIN_S, "a new lead", every_s=0.3)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A broker, a centre and box-1 enrolled, not started."""
    scene = write_scene(tmp_path / "scene", ((1.0, 2.5), (5.0, 6.5)), 8.0, RULES)
    with (
        mosquitto(tmp_path / "broker") as (_, port),
        centre(tmp_path / "central", f"mqtt://127.0.0.1:{port}") as (_, address),
        httpx.Client(base_url=address, timeout=10) as http,
    ):
        camera = ("--camera", f"hall_1={scene.clip}", "--detections", f"hall_1={scene.script}")
        enrol_box(
            tmp_path / "box", tmp_path / "central", address, *camera, "--box", "box-1", "--rules", str(scene.rules)
        )
        http.post("/api/reviewer", json={"name": "technician"})
        wire = Wire(port)
        yield Site(tmp_path, address, http, wire, scene.rules, camera)
        wire.client.loop_stop()


def working(folder: Path, log: Path) -> Running:
    return Running([*XUNJIAN, "edge", "run", str(folder), "--loop"], log)


def command(command_id: str, version: int, box_id: str = "box-1", **body: Any) -> Command:
    now = datetime.now(UTC)
    return Command(
        box_id=box_id,
        name="rules",
        command_id=command_id,
        version=version,
        issued=now,
        expires=now + timedelta(hours=1),
        body=body,
    )


@pytest.mark.slow
def test_stale_foreign_and_forged_commands_change_nothing(site: Site) -> None:
    with working(site.folder / "box", site.folder / "box.log"):
        eventually(site.heartbeat, WITHIN_S, "the box is there", every_s=0.2)
        longer = RULES.replace("dwell_s: 0.5", "dwell_s: 0.6")
        say, key = site.wire.say, site.centre_key
        say("box-1/command/rules", key.sign(command("c-5", 5, text=longer)))
        assert site.wire.answer("c-5").result == "applied"

        say("box-1/command/rules", key.sign(command("c-4", 4, text=RULES)))
        assert site.wire.answer("c-4").reason == "version 4 of rules is not newer than 5, which was taken"
        outside = RULES.replace("[1.0, 0.5]", "[7.0, 0.5]")
        say("box-1/command/rules", key.sign(command("c-6", 6, text=outside)))
        refused = site.wire.answer("c-6")
        assert (refused.result, "outside the picture" in str(refused.reason)) == ("refused", True)

        say("box-1/command/rules", key.sign(command("c-7", 7, box_id="box-2", text=RULES)))
        eventually(lambda: site.lines("box.log", "rules for box-2 came as"), WITHIN_S, "a line that names it")
        say("box-1/command/rules", SigningKey.generate().sign(command("c-8", 8, text=RULES)))
        eventually(lambda: site.lines("box.log", "not the centre's"), WITHIN_S, "a line that names it")
        eventually(
            lambda: any("not the centre's" in fault for fault in site.heartbeat()["faults"]), WITHIN_S, "a fault"
        )
        assert (site.folder / "box" / "rules.yaml").read_text() == longer
        site.goes_on()
        assert {one.command_id for one in site.wire.answers} == {"c-4", "c-5", "c-6"}


@pytest.mark.slow
def test_an_id_that_is_taken_is_refused_and_who_uses_it_all_the_same_is_not_believed(site: Site) -> None:
    with working(site.folder / "box", site.folder / "box.log"):
        eventually(site.incidents, WITHIN_S, "a first lead", every_s=0.2)
        token = xunjian("central", "token", str(site.folder / "central")).stdout
        second = ("edge", "init", str(site.folder / "second"), "--central", site.address, "--token", "-", *site.camera)
        taken = xunjian(*second, "--box", "box-1", "--rules", str(site.rules), stdin=token, check=False)
        assert taken.returncode == 1
        assert "box-1 is another box's id: choose another, or make a token for it with --box box-1" in taken.stderr
        assert len(taken.stderr.splitlines()) == 1

        enrol_box(
            site.folder / "third", site.folder / "central", site.address, *site.camera, "--box", "box-3", "--rules",
            str(site.rules),
        )  # fmt: skip
        settings = site.folder / "third" / "box.yaml"
        settings.write_text(settings.read_text().replace("box_id: box-3", "box_id: box-1"))
        with working(site.folder / "third", site.folder / "third.log"):
            eventually(
                lambda: site.lines("third.log", "the centre knows this box's id with another key"),
                WITHIN_S,
                "the stranger is told",
                every_s=0.3,
            )
            site.goes_on()
        assert len(site.lines("third.log", "another key")) == 1
        stranger = incident_report(box_id="box-1")
        site.wire.say("box-1/incident", SigningKey.generate().sign(stranger))
        site.goes_on()
        assert stranger.incident_id not in site.incidents()
        assert not site.lines("box.log", "broker:")  # nobody ended its connection
    known = {line.split()[0] for line in xunjian("edge", "incidents", str(site.folder / "box")).stdout.splitlines()}
    assert site.incidents() <= known  # nothing of the stranger's


@pytest.mark.slow
def test_a_copied_box_is_named_as_an_alarm_and_both_are_kept(site: Site) -> None:
    with working(site.folder / "box", site.folder / "box.log"):
        eventually(site.incidents, WITHIN_S, "a first lead", every_s=0.2)
    shutil.copytree(site.folder / "box", site.folder / "copy")
    with (
        working(site.folder / "box", site.folder / "box.log"),
        working(site.folder / "copy", site.folder / "copy.log"),
    ):
        alarm = "two devices work with its key"
        eventually(lambda: site.lines("central/serve.log", alarm), 120, "the centre's alarm", every_s=0.5)
        copied = "another device reports with this box's key and numbers"
        eventually(
            lambda: site.lines("box.log", copied) or site.lines("copy.log", copied), WITHIN_S, "the boxes' own line"
        )
        eventually(lambda: alarmed(site), WITHIN_S, "the page names it", every_s=0.5)
        site.goes_on()
        time.sleep(1.0)  # both have had their turns: a line for each, not one for each turn
        assert len(site.lines("box.log", copied)) <= 1
        assert len(site.lines("copy.log", copied)) <= 1
    turns = len(site.lines("broker/mosquitto.log", "already connected, closing old connection"))
    assert 1 <= turns <= 40  # not as fast as they can
    kept = create_engine(f"sqlite:///{site.folder / 'central' / 'central.sqlite3'}")
    with kept.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT count(*) FROM rejections JOIN revisions USING (box_id, key_id, report_seq)"
                " WHERE reason = 'conflict' AND rejections.payload_sha256 <> revisions.payload_sha256"
            )
        ).scalar_one()
    kept.dispose()
    assert rows >= 1


def alarmed(site: Site) -> bool:
    page = site.http.get("/boxes", headers={"Accept-Language": "en"}).text
    return "Two devices work with the key of box-1" in page
