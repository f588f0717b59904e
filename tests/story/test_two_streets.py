"""Two network cameras, one of which dies and comes back; a lead of each kind of rule reaches the page; a rule that is
added from the page finds something; and all of it verifies.

Real processes: two RTSP servers, mosquitto, the centre, a box, a browser. Cameras show rendered scenes in real time;
detections are scripted, so it is known what there is to find, and the background model sees the pictures themselves.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect

from models.synthetic.clip import RenderedClip, render_scenario
from tests.processes import XUNJIAN, Running, centre, enrol_box, eventually, free_port, json_lines, mosquitto, xunjian
from tests.rtsp import rtsp_camera
from tests.story.test_camera_to_alert import page

__all__ = ["page"]  # the fixture
FPS = 10
SIZE = (640, 360)
ROAD = [[0.0, 0.38], [1.0, 0.38], [1.0, 0.80], [0.0, 0.80]]
KINDS = {
    "zone_presence", "stationary", "line_crossing", "count", "presence", "attribute_absence", "left_object",
    "zone_order", "speed",
}  # fmt: skip
STREET_RULES = [
    {"id": "bicycle", "type": "site.intrusion", "kind": "zone_presence", "zone": "road", "classes": ["bicycle"],
     "dwell_s": 1},
    {"id": "one-way", "type": "traffic.wrong_way", "kind": "line_crossing", "line": "middle", "classes": ["truck"]},
    {"id": "many", "type": "safety.overcrowding", "kind": "count", "zone": "frame", "classes": ["person"],
     "at_least": 5, "dwell_s": 2, "enabled": True},
    {"id": "order", "type": "site.intrusion", "kind": "zone_order", "zones": ["east", "west"], "classes": ["truck"],
     "within_s": 30},
    {"id": "fast", "type": "site.intrusion", "kind": "speed", "zone": "road", "classes": ["truck", "motorcycle"],
     "over_kmh": 5},
]  # fmt: skip
LITTER = {"id": "litter", "type": "env.exposed_trash", "kind": "presence", "zone": "frame", "classes": ["garbage"],
          "dwell_s": 3}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """Everything at work. corner: what serves the second camera, which a story may close and open again."""

    box: Path
    central: Path
    address: str
    corner: ExitStack
    serve_corner: Callable[[ExitStack], str]


@contextmanager
def at_work(folder: Path) -> Iterator[Stage]:
    street = render_scenario("street_day", folder / "street", size=SIZE, fps=FPS)
    corner = render_scenario("rubbish", folder / "corner", size=SIZE, fps=FPS)
    somebody_waits(corner.detections, from_s=36.0, to_s=600.0)
    rules = write_rules(folder / "rules.yaml", street, corner)
    box, central, port = folder / "box", folder / "central", free_port()

    def serve_corner(stack: ExitStack) -> str:
        return stack.enter_context(rtsp_camera(folder / "rtsp-corner", fps=FPS, clip=corner.video, port=port))

    with ExitStack() as running:
        _, broker = running.enter_context(mosquitto(folder / "broker"))
        _, address = running.enter_context(centre(central, f"mqtt://127.0.0.1:{broker}"))
        street_url = running.enter_context(rtsp_camera(folder / "rtsp-street", fps=FPS, clip=street.video))
        corner_camera = running.enter_context(ExitStack())
        cameras = ("--camera", f"street={street_url}", "--camera", f"corner={serve_corner(corner_camera)}")
        scripts = ("--detections", f"street={street.detections}", "--detections", f"corner={corner.detections}")
        enrol_box(box, central, address, *cameras, *scripts, "--rules", str(rules))
        running.enter_context(Running([*XUNJIAN, "edge", "run", str(box)], folder / "box.log"))
        yield Stage(box, central, address, corner_camera, serve_corner)


@pytest.mark.slow
def test_two_cameras_every_kind_of_rule_and_a_rule_from_the_page(tmp_path: Path, page: Page) -> None:
    with at_work(tmp_path) as stage:
        # Within a minute or two there is a lead of each kind, and the page lists them.
        eventually(lambda: kinds(page, stage) >= KINDS, 120, "a lead of each kind", every_s=2.0)
        page.goto(stage.address)
        expect(page.locator("[data-item]").first).to_be_visible()
        assert page.locator("[data-item]").count() >= len(KINDS)

        # One camera dies. The box's page says which, the other goes on.
        page.goto(f"{stage.address}/boxes")
        page.locator("[data-box] h2 a").click()
        expect(page.locator("[data-camera=corner]")).to_contain_text("online", timeout=40_000)
        stage.corner.close()
        eventually(lambda: "offline" in state(page, "corner"), 60, "the lost camera is shown as such", every_s=1.0)
        assert "online" in state(page, "street")

        # It comes back by itself, and a rule that is added on the page finds who waits there.
        stage.serve_corner(stage.corner)
        eventually(lambda: "online" in state(page, "corner"), 60, "the camera is back", every_s=1.0)
        add_rule(page)
        found = lambda: any(lead["zone_id"] == "bench" for lead in leads(page, stage))  # noqa: E731
        eventually(found, 60, "a lead of the new rule")

        # Nothing is lost and nothing is made up; the scenes go on, so new leads come meanwhile.
        before = committed(stage.box)
        eventually(lambda: before <= received(stage.central), 60, "all of it is at the centre", every_s=1.0)
        there = received(stage.central)
        assert there <= committed(stage.box)
    assert "verified" in xunjian("verify", str(stage.box)).stdout


def leads(page: Page, stage: Stage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.request.get(f"{stage.address}/api/incidents?limit=100").json()["incidents"]
    return found


def kinds(page: Page, stage: Stage) -> set[str]:
    """Of the rules that made the leads there are."""
    reports = [
        page.request.get(f"{stage.address}/api/incidents/{lead['incident_id']}").json()["report"]
        for lead in leads(page, stage)
    ]
    return {report["rule"]["kind"] for report in reports}


def state(page: Page, name: str) -> str:
    page.reload()
    return page.locator(f"[data-camera={name}]").inner_text()


def add_rule(page: Page) -> None:
    """In the form beside the stills: a zone by its corners, somebody in it for two seconds."""
    expect(page.locator("[data-form][data-ready]")).to_be_visible()
    form = page.locator("[data-form]")
    form.locator("[name=camera]").select_option("corner")
    form.locator("[name=zone]").fill("bench")
    form.locator("[name=points]").fill("0.6 0.4\n1.0 0.4\n1.0 1.0\n0.6 1.0")
    form.locator("[name=rule]").select_option("zone_presence")
    form.locator("[name=type]").select_option("site.loitering")
    form.locator("[name=dwell_s]").fill("2")
    form.locator("[name=name]").fill("reviewer")
    form.locator("button[type=submit]").click()
    expect(form.locator("[data-said]")).to_contain_text("Applied", timeout=20_000)


def committed(box: Path) -> set[str]:
    return {lead["id"] for lead in json_lines(xunjian("edge", "incidents", str(box), "--json").stdout)}


def received(central: Path) -> set[str]:
    return {lead["id"] for lead in json_lines(xunjian("central", "incidents", str(central), "--json").stdout)}


def somebody_waits(script: Path, from_s: float, to_s: float) -> None:
    """After the scene's own end: a person who stands at the right, for as long as the story may take."""
    head, *lines = script.read_text(encoding="utf-8").splitlines()
    waits = {"class": "person", "score": 0.9, "box": [0.70, 0.50, 0.78, 0.90]}
    more = [{"t": index / FPS, "detections": [waits]} for index in range(round(from_s * FPS), round(to_s * FPS))]
    lines = [line for line in lines if json.loads(line)["t"] < from_s]
    header = json.loads(head) | {"duration_s": to_s}
    script.write_text("\n".join([json.dumps(header), *lines, *map(json.dumps, more)]) + "\n", encoding="utf-8")


def write_rules(path: Path, street: RenderedClip, corner: RenderedClip) -> Path:
    """The scenes' own rules, and one of each kind that they have not."""
    document: dict[str, Any] = {"version": 1, "zones": {}, "lines": {}, "rules": []}
    for name, clip in (("street", street), ("corner", corner)):
        written = yaml.safe_load(clip.video.with_suffix(".rules.yaml").read_text(encoding="utf-8"))
        document["zones"] |= {zone: facts | {"cameras": [name]} for zone, facts in written["zones"].items()}
        document["rules"] += written["rules"]
    document["zones"] |= {
        "road": {"cameras": ["street"], "polygon": ROAD, "metres": [30, 10]},
        "east": {"cameras": ["street"], "polygon": [[0.6, 0.2], [1.0, 0.2], [1.0, 1.0], [0.6, 1.0]]},
        "west": {"cameras": ["street"], "polygon": [[0.0, 0.2], [0.4, 0.2], [0.4, 1.0], [0.0, 1.0]]},
    }
    document["lines"] = {"middle": {"cameras": ["street"], "points": [[0.5, 0.1], [0.5, 1.0]], "direction": "left"}}
    document["rules"] += [*STREET_RULES, LITTER]
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path
