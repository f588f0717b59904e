"""Commands of a real centre to a real box over a real broker: paused, configured, tried, told what people decided."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.edge.scripted_scene import write_scene
from tests.processes import XUNJIAN, Running, centre, enrol_box, eventually, mosquitto

ANSWER_WITHIN_S = 40
VISITS = ((2.0, 5.0), (12.0, 15.0))
RULES = """
version: 1
zones:
  table: {cameras: [hall_1], polygon: [[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]]}
rules:
  - {id: at-table, type: site.intrusion, kind: zone_presence, zone: table, classes: [person], dwell_s: 1.0,
     cool_down_s: 2}
"""


@dataclass(frozen=True)
class Site:
    folder: Path  # of the box
    http: httpx.Client

    def ask(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """The box's answer to a command."""
        sent = self.http.post("/api/boxes/box-1/commands", json={"name": name, "body": body})
        assert sent.status_code == 202, sent.text
        path = f"/api/boxes/box-1/commands/{sent.json()['command_id']}"
        eventually(lambda: self.http.get(path).json()["result"], ANSWER_WITHIN_S, f"an answer to {name}", every_s=0.2)
        answer: dict[str, Any] = self.http.get(path).json()
        return answer

    def camera_state(self) -> str | None:
        (box,) = self.http.get("/api/boxes").json()["boxes"]
        cameras = (box["heartbeat"] or {}).get("cameras", [])
        return next((camera["state"] for camera in cameras), None)

    def close_reasons(self) -> list[str]:
        reports = [self.http.get(f"/api/incidents/{one['incident_id']}").json()["report"] for one in self.incidents()]
        return [report["time"].get("close_reason") for report in reports]

    def incidents(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("/api/incidents").json()["incidents"]
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A box at work, one for all: one camera that plays in a loop. Each test leaves it looking."""
    tmp_path = tmp_path_factory.mktemp("site")
    scene = write_scene(tmp_path / "scene", VISITS, 20.0, RULES)
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
        with Running([*XUNJIAN, "edge", "run", str(tmp_path / "box"), "--loop"], tmp_path / "box.log"):
            site = Site(tmp_path / "box", http)
            eventually(lambda: site.camera_state() == "online", ANSWER_WITHIN_S, "the camera is online", every_s=0.2)
            yield site


def log(site: Site) -> str:
    return (site.folder.parent / "box.log").read_text()


@pytest.mark.slow
def test_a_paused_camera_is_disabled_and_its_open_incident_closes(site: Site) -> None:
    eventually(lambda: any(one["phase"] != "close" for one in site.incidents()), 60, "an open incident", every_s=0.1)
    assert site.ask("pause", {"camera": "hall_1", "for_s": 8})["result"] == "applied"
    eventually(lambda: site.camera_state() == "disabled", 5, "the camera is disabled", every_s=0.1)
    eventually(lambda: "disabled" in site.close_reasons(), 20, "closed", every_s=0.2)
    eventually(lambda: site.camera_state() == "online", 20, "the pause ends by itself", every_s=0.2)
    refused = site.ask("pause", {"camera": "roof"})
    assert (refused["result"], refused["reason"]) == ("refused", "there is no camera roof here, only hall_1")


@pytest.mark.slow
def test_settings_are_checked_applied_and_survive_and_updates_are_refused(site: Site) -> None:
    refused = site.ask("config", {"cameras": {"hall_1": {"source": "rtsp://elsewhere/"}}})
    assert "cannot be changed from the centre" in refused["reason"]
    applied = site.ask("config", {"cameras": {"hall_1": {"analysed_fps_max": 5, "sensitive": True}}})
    assert applied["data"]["effect"] == "now"
    eventually(lambda: "begins again with the settings" in log(site), 20, "the box begins again")
    eventually(lambda: site.camera_state() == "online", ANSWER_WITHIN_S, "the camera is online again", every_s=0.2)
    assert "analysed_fps_max: 5.0" in (site.folder / "box.yaml").read_text()
    assert site.ask("pause", {"rule": "at-table"})["result"] == "applied"
    assert '"at-table"' in (site.folder / "pauses.json").read_text()
    assert site.ask("pause", {"rule": "at-table", "resume": True})["data"] == {"resumed": True}


@pytest.mark.slow
def test_new_rules_are_tried_on_what_was_seen_and_nothing_changes(site: Site) -> None:
    longer = {"text": RULES.replace("dwell_s: 1.0", "dwell_s: 60.0")}

    def leads() -> int:
        return int(site.ask("test_rules", {"text": RULES})["data"]["leads"]["at-table"])

    eventually(lambda: leads() >= 2, 90, "two leads on the tracks since the box began", every_s=2)
    none = site.ask("test_rules", longer)
    assert none["data"]["leads"] == {"at-table": 0}
    assert none["data"]["cameras"]["hall_1"]["tracks"] >= 2
    assert "dwell_s: 1.0" in (site.folder / "rules.yaml").read_text()


@pytest.mark.slow
def test_a_decision_reaches_the_box_that_made_the_lead(site: Site) -> None:
    eventually(site.incidents, 60, "a lead", every_s=0.5)
    incident_id = site.incidents()[0]["incident_id"]
    decision = {"decision": "rejected", "reason_code": "other", "note": "a plant", "version": 0, "seen_revision": 0}
    evidence = sorted((site.folder / "incidents" / incident_id).iterdir())
    before = [path.read_bytes() for path in evidence]
    assert site.http.post(f"/api/incidents/{incident_id}/decision", json=decision).status_code == 200
    eventually((site.folder / "feedback.json").exists, 20, "the box has heard of it")
    command = [*XUNJIAN, "edge", "incidents", str(site.folder), "--by-rule"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.split() == ["at-table", "1", "of", "1", "decided", "leads", "rejected"]
    assert [path.read_bytes() for path in evidence] == before
