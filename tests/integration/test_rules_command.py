"""Rules changed from the centre while a box runs: applied live, and the next report says by which rule."""

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


def answered(http: httpx.Client, path: str) -> dict[str, Any]:
    eventually(lambda: http.get(path).json()["result"], ANSWER_WITHIN_S, "the box answers", every_s=0.2)
    answer: dict[str, Any] = http.get(path).json()
    return answer


@pytest.mark.slow
def test_a_rule_changed_from_the_centre_holds_for_the_next_incident(tmp_path: Path) -> None:
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
        commands = "/api/boxes/box-1/commands"
        with Running([*XUNJIAN, "edge", "run", str(tmp_path / "box"), "--loop"], tmp_path / "box.log"):
            eventually(lambda: rule_versions(http), ANSWER_WITHIN_S, "a first incident", every_s=0.2)
            eventually(lambda: http.get("/boxes/box-1/stills/hall_1").status_code == 200, ANSWER_WITHIN_S, "a still")
            (old,) = rule_versions(http)

            bad = {"name": "rules", "body": {"text": RULES.replace("[1.0, 0.5]", "[7.0, 0.5]")}}
            refused = answered(http, f"{commands}/{http.post(commands, json=bad).json()['command_id']}")
            assert (refused["result"], "outside the picture" in refused["reason"]) == ("refused", True)

            good = {"name": "rules", "body": {"text": RULES.replace("dwell_s: 1.0", "dwell_s: 0.5")}}
            applied = answered(http, f"{commands}/{http.post(commands, json=good).json()['command_id']}")
            assert applied["result"] == "applied"
            eventually(lambda: rule_versions(http) - {old}, ANSWER_WITHIN_S, "an incident of the new rule", every_s=0.2)
        assert "dwell_s: 0.5" in (tmp_path / "box" / "rules.yaml").read_text()


def rule_versions(http: httpx.Client) -> set[str]:
    incidents = http.get("/api/incidents").json()["incidents"]
    return {http.get(f"/api/incidents/{one['incident_id']}").json()["report"]["rule"]["version"] for one in incidents}
