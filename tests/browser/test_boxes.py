"""The page of a box: a zone drawn on a camera's still goes to the box, and its answer comes back."""

import base64
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from central.clock import now
from contract import codec
from contract.command import BoxState, Command, CommandResult
from contract.still import Still
from tests.browser.reviewing import reviewing
from tests.browser.serving import ServedCentre
from tests.processes import eventually

DOCUMENT = {
    "version": 1,
    "zones": {"gate": {"cameras": ["yard_1"], "polygon": [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]}},
    "rules": [
        {"id": "at-gate", "type": "site.intrusion", "kind": "zone_presence", "zone": "gate", "classes": ["person"]}
    ],
}
CAMERA = {"enabled": True, "sensitive": False, "analysed_fps_max": None, "detector": {"score_min": 0.2}}
CONFIG = {
    "version": "abcdef012345",
    "cameras": {"yard_1": CAMERA},
    "pauses": [
        {"what": "rule", "name": "at-gate", "since": "2026-03-01T08:00:00.000Z", "ends": "2026-03-01T09:00:00.000Z"}
    ],
}
STATE = {
    "version": "0123456789ab",
    "document": DOCUMENT,
    "classes": ["car", "person"],
    "cameras": ["yard_1"],
}


@dataclass
class FakeBox:
    """Answers each command as it was told to."""

    centre: ServedCentre
    reason: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)

    def receive(self, _topic: str, payload: bytes) -> None:
        command = codec.decode(codec.parse(payload, 1 << 17), Command)
        self.commands.append(command)
        answer = CommandResult(
            box_id="box-1",
            command_id=command.command_id,
            result="refused" if self.reason else "applied",
            reason=self.reason,
            data=self.data,
        )
        self.centre.intake.take([self.centre.box.say(answer, "result", command.command_id)])


@pytest.fixture
def box(centre: ServedCentre) -> FakeBox:
    picture = np.full((180, 320, 3), 90, np.uint8)
    jpeg = base64.b64encode(cv2.imencode(".jpg", picture)[1].tobytes()).decode()
    centre.intake.take(
        [
            centre.box.say(BoxState(box_id="box-1", name="rules", session=1, body=STATE), "state", "rules"),
            centre.box.say(BoxState(box_id="box-1", name="config", session=1, body=CONFIG), "state", "config"),
            centre.box.say(Still(box_id="box-1", camera_id="yard_1", captured=now(), jpeg=jpeg), "still", "yard_1"),
        ]
    )
    box = FakeBox(centre)
    centre.app.state.send_to_box = box.receive
    return box


def open_page(page: Page, centre: ServedCentre) -> None:
    page.goto(f"{centre.url}/boxes")
    page.locator("[data-box] h2 a").click()
    expect(page.locator("svg polygon.zone")).to_have_count(1)
    expect(page.locator("[data-form][data-ready]")).to_be_visible()


def draw(page: Page) -> None:
    picture = page.locator("[data-camera=yard_1] .picture")
    size = picture.bounding_box()
    assert size is not None
    for x, y in ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.1, 0.9)):
        picture.click(position={"x": x * size["width"], "y": y * size["height"]})
    page.locator("[data-do=undo]").click()


def test_a_zone_drawn_on_the_still_is_sent_with_its_rule_and_is_applied(
    chromium: Browser, centre: ServedCentre, box: FakeBox
) -> None:
    with reviewing(chromium, centre) as reviewer:
        page = reviewer.page
        open_page(page, centre)
        draw(page)
        page.locator("[name=zone]").fill("fire_lane")
        page.locator("[name=rule]").select_option("stationary")
        page.locator("[name=type]").select_option("traffic.illegal_parking")
        page.locator("[name=classes]").fill("car, truck")
        page.locator("[data-do=test]").click()
        expect(page.locator("[data-form] [data-said]")).to_contain_text("No evidence")
        page.locator("button[type=submit]").click()
        expect(page.locator("[data-form] [data-said]")).to_contain_text("Applied", timeout=15_000)
        assert reviewer.faults == []
    (command,) = box.commands
    assert command.body["base"] == "0123456789ab"
    rules = command.body["rules"]
    assert rules["zones"]["gate"] == DOCUMENT["zones"]["gate"]  # type: ignore[index]
    zone = rules["zones"]["fire_lane"]
    assert (zone["cameras"], zone["kind"]) == (["yard_1"], "watch")
    assert np.allclose(zone["polygon"], [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8]], atol=0.02)
    assert rules["rules"][-1] == {
        "id": "fire-lane-stationary",
        "type": "traffic.illegal_parking",
        "kind": "stationary",
        "zone": "fire_lane",
        "classes": ["car", "truck"],
        "dwell_s": 3,
    }


def test_corners_can_be_typed_and_the_box_s_own_reason_is_shown(
    chromium: Browser, centre: ServedCentre, box: FakeBox
) -> None:
    box.reason = "classes: tram is not a class of detector-14"
    with reviewing(chromium, centre, size=(360, 740), dark=True) as reviewer:
        page = reviewer.page
        open_page(page, centre)
        page.locator("[name=points]").fill("0.1 0.6\n0.9 0.6\n0.5 0.9")
        page.locator("[name=zone]").fill("lane")
        page.locator("[name=zone]").press("Enter")
        expect(page.locator("[data-form] [data-said]")).to_contain_text(box.reason, timeout=15_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.reload()
        expect(page.locator(".log")).to_contain_text(box.reason)
    eventually(lambda: len(box.commands) == 1, 5, "one command")


def test_a_camera_is_paused_a_rule_resumed_and_a_setting_changed(
    chromium: Browser, centre: ServedCentre, box: FakeBox
) -> None:
    with reviewing(chromium, centre) as reviewer:
        page = reviewer.page
        open_page(page, centre)
        form = page.locator("[data-operation][data-ready]")
        expect(form.locator(".pauses li")).to_contain_text("rule at-gate")
        form.locator("[name=target]").select_option("camera:yard_1")
        form.locator("[name=duration]").select_option("3600")
        form.locator("[data-do=pause]").click()
        expect(form.locator("[data-said]")).to_contain_text("Paused", timeout=15_000)
        form.locator("[data-resume]").click()
        expect(form.locator("[data-said]")).to_contain_text("Resumed", timeout=15_000)
        expect(form.locator("[name=score_min]")).to_have_value("0.2")
        form.locator("[name=sensitive]").check()
        form.locator("[name=analysed_fps_max]").fill("5")
        form.locator("[data-do=configure]").click()
        expect(form.locator("[data-said]")).to_contain_text("begins again", timeout=15_000)
        box.reason = "no camera would be enabled: at least one has to look"
        form.locator("[name=enabled]").uncheck()
        form.locator("[data-do=configure]").click()
        expect(form.locator("[data-said]")).to_contain_text(box.reason, timeout=15_000)
        assert reviewer.faults == []
    camera = CAMERA | {"sensitive": True, "analysed_fps_max": 5}
    assert [(command.name, command.body) for command in box.commands] == [
        ("pause", {"camera": "yard_1", "for_s": 3600}),
        ("pause", {"rule": "at-gate", "resume": True}),
        ("config", {"cameras": {"yard_1": camera}, "base": "abcdef012345"}),
        ("config", {"cameras": {"yard_1": camera | {"enabled": False}}, "base": "abcdef012345"}),
    ]


def test_the_pauses_show_on_a_small_dark_screen_in_chinese(
    chromium: Browser, centre: ServedCentre, box: FakeBox
) -> None:
    with reviewing(chromium, centre, size=(360, 740), dark=True, language="zh-CN") as reviewer:
        page = reviewer.page
        open_page(page, centre)
        expect(page.locator(".paused")).to_contain_text("已暂停：规则 at-gate")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert box.commands == []
