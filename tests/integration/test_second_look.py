"""A box with a language model of its own, as a whole: the verdict reaches the centre under the lead's id, and a package
that is none stops the start with one line.
"""

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from contract.incident_report import IncidentReport
from models.vlm.ai_label import AI_LABEL
from tests.edge.scripted_scene import write_scene
from tests.models.vlm.packages import write_vlm_package
from tests.processes import XUNJIAN, Running, centre, enrol_box, json_lines, mosquitto, xunjian

VERDICTS = {"confirmed", "rejected", "not_confirmed"}  # of random weights: any of them


def with_model(box: Path, model: Path, **more: Any) -> None:
    settings = yaml.safe_load((box / "box.yaml").read_text(encoding="utf-8"))
    settings["verification"] = {"model": str(model), **more}
    (box / "box.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")


@pytest.fixture
def scene(tmp_path: Path) -> tuple[str, ...]:
    made = write_scene(tmp_path / "scene")
    camera = ("--camera", f"hall_1={made.clip}", "--detections", f"hall_1={made.script}")
    return (*camera, "--rules", str(made.rules))


def test_the_verdict_follows_the_lead_to_the_centre(tmp_path: Path, scene: tuple[str, ...]) -> None:
    model = write_vlm_package(tmp_path / "models" / "tiny", "concatenated", writes=True)
    box, central = tmp_path / "box", tmp_path / "central"
    with (
        mosquitto(tmp_path / "broker") as (_, port),
        centre(central, f"mqtt://127.0.0.1:{port}") as (_, address),
    ):
        enrol_box(box, central, address, *scene)
        with_model(box, model, describe=True)
        log = tmp_path / "box.log"
        with Running([*XUNJIAN, "edge", "run", str(box)], log) as running:
            assert running.process.wait(timeout=120) == 0, log.read_text()
        (lead,) = json_lines(xunjian("central", "incidents", str(central), "--json").stdout)
        (stated,) = json_lines(xunjian("edge", "incidents", str(box), "--json").stdout)
        report = report_of(address, lead["id"])
        told = revisions(address, lead["id"])
        page = httpx.get(f"{address}/incidents/{lead['id']}", headers={"accept-language": "en"}, timeout=20).text
    assert (lead["id"], stated["state"]) == (stated["id"], "acknowledged")
    assert report["verification"]["status"] in VERDICTS
    assert report["versions"]["vlm"].startswith("random-tiny ")
    assert report["time"]["closed"]
    described = IncidentReport.model_validate(report).description
    assert described.claims
    assert all(claim.track_ids for claim in described.claims)
    assert (described.source == "model") == (described.aigc is not None) == (AI_LABEL["en"] in page)
    assert described.removed or described.source == "model", "of random weights: something was stated, and judged"
    assert told >= 4, "the words came as an update of their own"
    assert "verified" in xunjian("verify", str(box)).stdout


def report_of(address: str, incident_id: str) -> dict[str, Any]:
    report: dict[str, Any] = httpx.get(f"{address}/api/incidents/{incident_id}", timeout=20).json()["report"]
    return report


def revisions(address: str, incident_id: str) -> int:
    return len(httpx.get(f"{address}/api/incidents/{incident_id}", timeout=20).json()["revisions"])


def test_a_model_or_a_question_that_is_not_there_stops_the_start_with_one_line(
    tmp_path: Path, scene: tuple[str, ...]
) -> None:
    box, central = tmp_path / "box", tmp_path / "central"
    with centre(central) as (_, address):
        enrol_box(box, central, address, *scene)
    model = write_vlm_package(tmp_path / "models" / "tiny", "concatenated")
    for path, more, why in (
        (tmp_path / "none", {}, "no readable card.yaml"),
        (model, {"permitted": ["face"]}, "no question 'face'"),
    ):
        with_model(box, path, **more)
        done = xunjian("edge", "run", str(box), check=False)
        assert done.returncode == 1
        (line,) = [line for line in done.stderr.splitlines() if "xunjian edge:" in line]
        assert why in line
