"""A zone tried before it is saved, on real evidence of a replayed clip and on the tracks that the box itself saw."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from central.clock import now
from central.devices.running import take_result, take_state
from central.devices.tables import Box
from central.ingest.message import Message
from contract import codec
from contract.command import BoxState, Command, CommandResult
from contract.document import ClockQuality, Versions
from contract.heartbeat import CameraStatus, ChainPosition, DiskState, Heartbeat, OutboxState
from contract.signing import PublicKey
from edge.detection.scripted import ScriptedDetector
from edge.replay import REPLAY_BOX_ID, open_replay
from edge.rulebook import Rulebook, RuledCamera
from tests.browser.reviewing import reviewing
from tests.browser.serving import ServedCentre
from tests.edge.scripted_scene import manifests, write_scene

VISITS = ((4.0, 9.0), (16.0, 21.0))
RULES = """
version: 1
zones:
  table: {cameras: [hall_1], polygon: [[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]]}
rules:
  - {id: at-table, type: site.intrusion, kind: zone_presence, zone: table, classes: [person], dwell_s: 1.0,
     cool_down_s: 2}
"""


@dataclass
class TryingBox:
    """The box that replayed the clip: its own rulebook answers `test_rules`."""

    centre: ServedCentre
    book: Rulebook
    answers: list[CommandResult] = field(default_factory=list)

    def receive(self, _topic: str, payload: bytes) -> None:
        command = codec.decode(codec.parse(payload, 1 << 17), Command)
        assert command.name == "test_rules"
        data = self.book.try_out(command.body)
        answer = CommandResult(box_id=REPLAY_BOX_ID, command_id=command.command_id, result="applied", data=data)
        self.answers.append(answer)
        with self.centre.centre.database.writing() as session:
            take_result(session, answer, now())


@pytest.fixture
def box(centre: ServedCentre, tmp_path: Path) -> Iterator[TryingBox]:
    """Its reports and files are at the centre as any box's."""
    scene = write_scene(tmp_path / "scene", VISITS, 24.0, RULES)
    detector = ScriptedDetector(scene.script)
    out = tmp_path / "replay"
    start = now() - timedelta(seconds=30)
    replay = open_replay(scene.clip, scene.rules, out, detector=detector, camera_id="hall_1", start=start)
    with replay.outbox, replay.camera as camera:
        for frame in camera.frames():
            replay.pipeline.step(frame)
        replay.pipeline.finish("ended")
        key = PublicKey.from_pem((out / "box.pub").read_bytes())
        register(centre, key)
        reports = sorted(replay.outbox.due(1e9, 100), key=lambda report: report.report_seq)
        topic = f"xunjian/v1/{REPLAY_BOX_ID}/incident"
        answers = centre.intake.take([Message(topic, report.payload, now()) for report in reports])
        assert all(b'"rejected"' not in answer.payload for answer in answers)
        with httpx.Client(base_url=centre.url, timeout=30) as client:
            for manifest in manifests(out):
                folder = out / "incidents" / manifest.incident_id
                centre.upload(client, (folder / f"{manifest.revision}.manifest.json").read_bytes(), REPLAY_BOX_ID)
                for item in manifest.items:
                    centre.upload(client, (folder / item.file_name).read_bytes(), REPLAY_BOX_ID)
        ruled = RuledCamera("hall_1", replay.pipeline, replay.rules, ("person",), detector.name, {})
        box = TryingBox(centre, Rulebook(scene.rules, [ruled]))
        state = BoxState(box_id=REPLAY_BOX_ID, name="rules", session=1, body=box.book.state())
        with centre.centre.database.writing() as session:
            take_state(session, state, now())
        centre.app.state.send_to_box = box.receive
        yield box


def register(centre: ServedCentre, key: PublicKey) -> None:
    beat = Heartbeat(
        box_id=REPLAY_BOX_ID,
        session=1,
        sent=now(),
        uptime_s=60.0,
        clock=ClockQuality(state="synced"),
        report_seq_high=0,
        chain=ChainPosition(seq=0),
        outbox=OutboxState(rows=0),
        cameras=(CameraStatus(camera_id="hall_1", state="online", fps_in=10.0, fps_analysed=10.0),),
        disk=DiskState(free_bytes=1, state="ok"),
        versions=Versions(software="0.1.0", catalogue="1"),
    )
    with centre.centre.database.writing() as session:
        session.add(
            Box(
                box_id=REPLAY_BOX_ID,
                public_key=key.base64,
                key_id=key.key_id,
                tenant="default",
                site="default",
                software="0.1.0",
                enrolled_at=now(),
                availability="online",
                heartbeat=beat.model_dump(mode="json"),
                heartbeat_at=now(),
            )
        )


def try_zone(page: Page, corners: str, dwell_s: str = "1") -> None:
    page.locator("[name=points]").fill(corners)
    page.locator("[data-form] [name=zone]").fill("drawn")
    page.locator("[name=rule]").select_option("zone_presence")
    page.locator("[name=dwell_s]").fill(dwell_s)
    page.locator("[data-do=test]").click()


def test_the_page_says_how_many_tracks_pass_and_how_many_leads_the_rule_would_have_made(
    chromium: Browser, centre: ServedCentre, box: TryingBox
) -> None:
    with reviewing(chromium, centre) as reviewer:
        page = reviewer.page
        page.goto(f"{centre.url}/boxes/{REPLAY_BOX_ID}")
        expect(page.locator("[data-form][data-ready]")).to_be_visible()
        said = page.locator("[data-form] [data-said]")
        page.locator("[data-form] [name=camera]").select_option("hall_1")

        try_zone(page, "0.5 0.5\n1.0 0.5\n1.0 1.0\n0.5 1.0")
        expect(said).to_contain_text("clips 2, tracks 2, of them through the zone 2")
        expect(said).to_contain_text(
            "in its last 1 min: tracks 2, leads that the rule would have made of them 2", timeout=15_000
        )

        try_zone(page, "0.5 0.5\n1.0 0.5\n1.0 1.0\n0.5 1.0", dwell_s="30")
        expect(said).to_contain_text("would have made of them 0", timeout=15_000)

        try_zone(page, "0.0 0.5\n0.4 0.5\n0.4 1.0\n0.0 1.0")
        expect(said).to_contain_text("of them through the zone 0")
        expect(said).to_contain_text("would have made of them 0", timeout=15_000)
        assert reviewer.faults == []
    assert len(box.answers) == 3
