"""The README's promise in one file: a camera sees something, a person is told and decides, and the evidence holds.

Real processes: mosquitto, the centre, a box, a browser. The camera is a yard rendered by the project with scripted
detections, so it is known to the second what happens in it: one person lingers in the yard, another comes twice.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from models.synthetic.clip import RenderedClip, render_scenario
from tests.processes import XUNJIAN, Running, centre, enrol_box, eventually, json_lines, mosquitto, xunjian

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = """\
version: 1
zones:
  yard: {{cameras: [gate_1], kind: watch, polygon: {yard}}}
rules:
  - {{id: in-yard, type: site.intrusion, kind: zone_presence, zone: yard, classes: [person],
     dwell_s: 1.0, cool_down_s: 2}}
"""
VISITS = 3  # of the yard: `lingerer` once, `visitor` twice


@pytest.fixture
def page() -> Iterator[Page]:
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 800})
        page.set_default_timeout(20_000)
        yield page
        browser.close()


@pytest.mark.slow
def test_from_a_camera_to_a_person_s_decision(tmp_path: Path, page: Page) -> None:
    clip = render_scenario("yard", tmp_path / "camera", size=(640, 360))
    with (
        mosquitto(tmp_path / "broker") as (_, port),
        centre(tmp_path / "central", f"mqtt://127.0.0.1:{port}") as (_, address),
    ):
        # A box is introduced to the centre with a one-time token; its camera watches the yard under one rule.
        box = tmp_path / "box"
        rules = write_rules(tmp_path / "rules.yaml", clip)
        camera = ("--camera", f"gate_1={clip.video}", "--detections", f"gate_1={clip.detections}")
        enrol_box(box, tmp_path / "central", address, *camera, "--rules", str(rules))

        # A reviewer has the page open, with nothing to do.
        page.goto(address)
        expect(page.locator("[data-live][data-state=on]")).to_be_visible()
        expect(page.locator("[data-item]")).to_have_count(0)

        # The box runs. The first lead is offered on the page without a reload, while the camera still runs.
        with Running([*XUNJIAN, "edge", "run", str(box)], tmp_path / "box.log") as running:
            expect(page.locator("[data-arrivals]")).to_be_visible(timeout=30_000)
            assert running.process.poll() is None, (tmp_path / "box.log").read_text()
            assert running.process.wait(timeout=90) == 0, (tmp_path / "box.log").read_text()

        # Nothing was lost or made up: what the box committed is what the centre holds, one incident per visit.
        committed = json_lines(xunjian("edge", "incidents", str(box), "--json").stdout)
        received = json_lines(xunjian("central", "incidents", str(tmp_path / "central"), "--json").stdout)
        assert len(committed) == VISITS
        assert {lead["state"] for lead in committed} == {"acknowledged"}
        assert {lead["id"] for lead in committed} == {lead["id"] for lead in received}

        # The reviewer opens a lead, gives a name and a reason, sees the clip move under its overlay, and confirms.
        page.locator("[data-arrivals]").click()
        expect(page.locator("[data-item]").first).to_be_visible()
        page.locator("a[data-item]").first.click()
        expect(page.locator("[data-incident]")).to_be_visible()
        page.locator("[data-do=play]").click()
        page.locator("[data-dialog=name] input[name=name]").fill("reviewer")
        page.locator("[data-dialog=name] button[type=submit]").click()
        page.locator("[data-dialog=access] button[type=submit]").click()
        video = page.locator("[data-stage] video")
        eventually(lambda: video.evaluate("video => video.currentTime") > 0.2, 20, "the clip plays")
        page.locator("[data-do=confirm]").click()
        confirmed = f"{address}/api/incidents?state=confirmed"
        eventually(lambda: page.request.get(confirmed).json()["incidents"], 30, "the decision is stored", every_s=0.5)

        change_shows(box)


def change_shows(box: Path) -> None:
    """Years later anybody can check what the box sealed, and any change is named."""
    assert "not pinned" in xunjian("verify", str(box)).stdout
    frame = min(box.glob("incidents/*/*.png"))
    frame.write_bytes(frame.read_bytes()[:-1] + b"\x00")
    tampered = xunjian("verify", str(box), check=False)
    assert tampered.returncode == 1
    assert frame.name in tampered.stderr


def write_rules(path: Path, clip: RenderedClip) -> Path:
    truth = json.loads(clip.truth.read_text(encoding="utf-8"))
    path.write_text(RULES.format(yard=truth["zones"]["yard"]), encoding="utf-8")
    return path
