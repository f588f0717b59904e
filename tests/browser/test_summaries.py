"""The summaries page in a real browser, in both languages: numbers, the lists behind them, and a sheet for print."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from central.clock import now
from central.summaries.texts import keep
from contract.ids import rfc3339
from models.vlm.ai_label import AI_LABEL, aigc
from models.vlm.summary import Facts, Language, template_text
from models.vlm.summary_writer import Summary
from tests.browser.reviewing import reviewing
from tests.browser.scene import INTRUSION, LOITERING, Yard, lead
from tests.browser.serving import ServedCentre

WORDS = {"en": ("Summaries", "By type", "leads"), "zh-CN": ("汇总", "按类型", "条线索")}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("size", [(1440, 900), (360, 740)])
def test_a_day_is_told_and_a_number_opens_its_list(
    chromium: Browser, centre: ServedCentre, yard: Yard, tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    last = now() - timedelta(seconds=20)
    for number, sight in enumerate((INTRUSION, LOITERING, INTRUSION), 1):
        centre.take(lead(yard, sight, last + timedelta(seconds=number), number))
    title, types, leads = WORDS[language]
    with reviewing(chromium, centre, language=language, size=size) as reviewer:
        page = reviewer.page
        reviewer.open("/")
        page.get_by_role("link", name=title).click()
        expect(page.locator('nav a[aria-current="page"]')).to_have_text(title)
        page.goto(f"{centre.url}/summaries?period=week&at={rfc3339(last)}")
        expect(page.locator("[data-line]")).to_contain_text(f"3 {leads}")
        expect(page.get_by_role("heading", name=types)).to_be_visible()
        expect(page.locator("[data-ai-label]")).to_have_count(0)
        page.screenshot(path=str(tmp_path / f"summary-{language}-{size[0]}.png"), full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.emulate_media(media="print")
        expect(page.locator(".top")).to_be_hidden()
        expect(page.locator("[data-text]")).to_be_visible()
        page.screenshot(path=str(tmp_path / f"print-{language}-{size[0]}.png"), full_page=True)
        page.emulate_media(media="screen")
        page.locator("[data-line] a").first.click()
        expect(reviewer.items()).to_have_count(3)
        assert reviewer.faults == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_models_text_stands_under_its_label_at_the_second_look(
    chromium: Browser, centre: ServedCentre, yard: Yard, tmp_path: Path, language: Language
) -> None:
    def written(table: Facts, asked: Language) -> None:
        text = template_text(table, asked)
        summary = Summary(text, "model", 1, aigc=aigc("city.centre", "7"))
        with centre.centre.database.writing() as session:
            keep(session, table, asked, summary, model="scripted", written_at=now())

    centre.app.state.ask_for_summary = written
    centre.take(lead(yard, INTRUSION, now() - timedelta(seconds=20), 1))
    with reviewing(chromium, centre, language=language) as reviewer:
        label = reviewer.page.get_by_text(AI_LABEL[language], exact=True)
        reviewer.page.goto(f"{centre.url}/summaries?period=week")
        expect(label).to_have_count(0)
        reviewer.page.reload()
        expect(label).to_be_visible()
        expect(reviewer.page.locator("meta[name=AIGC]")).to_have_attribute("content", re.compile("city.centre"))
        reviewer.page.emulate_media(media="print")
        expect(label).to_be_visible()
        reviewer.page.emulate_media(media="screen")
        reviewer.page.screenshot(path=str(tmp_path / f"labelled-{language}.png"))
        assert reviewer.faults == []
