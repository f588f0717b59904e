"""A model's text in a real browser: unseen until the reviewer has looked, then under its label, in both languages."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from central.clock import now
from contract.incident_report import Description, Verification
from models.vlm.ai_label import AI_LABEL, aigc
from models.vlm.claims import describe
from models.vlm.record_text import recorded
from tests.browser.reviewing import reviewing
from tests.browser.scene import INTRUSION, LOITERING, Lead, Yard, lead
from tests.browser.serving import ServedCentre

STATED = json.dumps(
    {"claims": [{"class": "person", "count": 1, "zone": "yard"}, {"class": "person", "count": 9}, {"class": "truck"}]}
)
BLOCK = aigc("city.north_depot.box-1", "7.3")


def described(yard: Yard, number: int, **verdict: Any) -> Lead:
    """As a box makes it: the record's sentence, and what holds of a model's claims."""
    opened = now() - timedelta(seconds=20 - number)
    plain = lead(yard, INTRUSION, opened, number).report
    template = Description(text=plain.description.text, claims=recorded(plain).kept)
    description = describe(STATED, plain, template, producer=BLOCK["ContentProducer"], produce_id=BLOCK["ProduceID"])
    assert (description.source, description.removed) == ("model", 2)
    verification = Verification.model_validate({"status": "confirmed", "ms": 8.0} | verdict)
    return lead(yard, INTRUSION, opened, number, {"description": description, "verification": verification})


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    return tmp_path


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("size", [(1440, 900), (360, 740)])
def test_a_models_text_is_hidden_then_labelled_with_what_carries_it(
    chromium: Browser, centre: ServedCentre, yard: Yard, shots: Path, language: Any, size: tuple[int, int]
) -> None:
    incident_id = centre.take(described(yard, 1))
    with reviewing(chromium, centre, language=language, size=size) as reviewer:
        reviewer.look_at(incident_id)
        opinion = reviewer.page.locator("[data-opinion]")
        label = opinion.get_by_text(AI_LABEL[language], exact=True)
        expect(label).to_be_hidden()
        expect(reviewer.page.get_by_text("AI sees" if language == "en" else "AI 所见")).to_be_hidden()
        reviewer.press("i")
        expect(label).to_be_visible()
        expect(opinion).to_contain_text(
            "AI sees: 1 person, in zone yard (track 1)."
            if language == "en"
            else "AI 所见：人 1 名，在区域 yard 内（轨迹 1）。"
        )
        expect(opinion).to_contain_text("track 1" if language == "en" else "轨迹 1")
        expect(opinion).not_to_contain_text("truck")
        expect(opinion).not_to_contain_text("9")
        opinion.scroll_into_view_if_needed()
        reviewer.page.screenshot(path=str(shots / f"described-{language}-{size[0]}.png"))
        wide = reviewer.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        assert reviewer.faults == []


def test_the_pages_metadata_follow_the_lead_that_is_open(chromium: Browser, centre: ServedCentre, yard: Yard) -> None:
    plain = centre.take(lead(yard, LOITERING, now() - timedelta(seconds=30), 1))
    spoken = centre.take(described(yard, 2))
    meta = "document.querySelectorAll('meta[name=AIGC]').length"
    with reviewing(chromium, centre) as reviewer:
        reviewer.look_at(spoken)
        assert json.loads(reviewer.page.locator("meta[name=AIGC]").get_attribute("content") or "") == BLOCK
        reviewer.press("j")
        expect(reviewer.shown()).to_have_attribute("data-incident", plain)
        reviewer.until(f"{meta} === 0")
        reviewer.press("i")
        expect(reviewer.page.locator("[data-opinion]")).to_have_attribute("open", "")
        expect(reviewer.page.locator("[data-ai-label]")).to_have_count(0)
        reviewer.press("k")
        expect(reviewer.shown()).to_have_attribute("data-incident", spoken)
        reviewer.until(f"{meta} === 1")
        assert reviewer.faults == []


def test_what_a_second_look_rejects_is_last_of_its_severity_and_still_there(
    chromium: Browser, centre: ServedCentre, yard: Yard
) -> None:
    older = centre.take(described(yard, 1))
    newest = centre.take(described(yard, 2, status="rejected"))
    small = centre.take(lead(yard, LOITERING, now(), 3))
    with reviewing(chromium, centre) as reviewer:
        reviewer.open()
        expect(reviewer.shown()).to_have_attribute("data-incident", older)
        ids = [item.get_attribute("data-item") for item in reviewer.items().all()]
        assert ids == [older, newest, small]
        answer = reviewer.page.request.get(f"{centre.url}/api/incidents").json()
        assert [line["incident_id"] for line in answer["incidents"]] == ids
