"""How the page looks and whether everybody can use it: themes, languages, a phone, labels, focus. Makes pictures."""

import os
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from central.clock import now
from tests.browser.reviewing import Reviewer, reviewing
from tests.browser.scene import FLAME, INTRUSION, LOITERING, PARKING, WRONG_WAY, Yard, lead
from tests.browser.serving import ServedCentre

PICTURE_BYTES_MAX = 300_000
DESK, PHONE = (1320, 820), (360, 740)
DAY = (LOITERING, WRONG_WAY, PARKING, INTRUSION, LOITERING, FLAME, PARKING, INTRUSION)  # oldest first
UNNAMED = """() => [...document.querySelectorAll('button, a, input, select, textarea, [role=toolbar], nav, dialog')]
  .filter(each => !each.closest('[hidden]'))
  .filter(each => !(each.innerText ?? '').trim() && !each.getAttribute('aria-label')
    && !each.getAttribute('aria-labelledby') && !(each.labels && each.labels.length) && !each.textContent.trim())
  .map(each => each.outerHTML.slice(0, 120))"""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where the pictures of the documents go: XUNJIAN_PICTURES, or nowhere that lasts."""
    folder = Path(os.environ.get("XUNJIAN_PICTURES") or tmp_path / "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def day(centre: ServedCentre, yard: Yard) -> list[str]:
    """Leads over the last minutes, each received four seconds after it was seen; ids, oldest first."""
    ids = []
    for number, sight in enumerate(DAY):
        opened = now() - timedelta(minutes=2 * (len(DAY) - number), seconds=7 * number)
        centre.received = opened + timedelta(seconds=4)
        ids.append(centre.take(lead(yard, sight, opened, number + 1), files=True))
    centre.received = None
    return ids


@pytest.fixture
def few(centre: ServedCentre, yard: Yard) -> list[str]:
    """Two leads with all that belongs to them; ids, oldest first."""
    opened = now() - timedelta(seconds=9)
    sights = ((PARKING, 0), (INTRUSION, 1))
    return [centre.take(lead(yard, sight, opened + timedelta(seconds=n), n + 1), files=True) for sight, n in sights]


def width_beyond(page: Page) -> int:
    beyond: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return beyond


def picture(reviewer: Reviewer, path: Path) -> None:
    """In 64 steps a channel: what nobody sees is half of the file."""
    image = cv2.imdecode(np.frombuffer(reviewer.page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    coarse = np.where(image >= 252, 255, image // 4 * 4).astype(np.uint8)
    cv2.imwrite(str(path), coarse, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    assert 20_000 < path.stat().st_size <= PICTURE_BYTES_MAX


def play_at(reviewer: Reviewer, at_s: float) -> None:
    reviewer.page.locator('[data-stage] [data-do="play"]').click()
    reviewer.dialog("access").locator("button[type=submit]").click()
    reviewer.until("document.querySelector('video')?.currentTime > 0.1")
    reviewer.press(" ")
    reviewer.page.locator("[data-scrub]").fill(str(at_s))
    reviewer.until(f"Math.abs(document.querySelector('video').currentTime - {at_s}) < 0.1")
    reviewer.page.evaluate("document.activeElement.blur()")
    reviewer.page.wait_for_timeout(300)  # the frame itself comes a moment after its time


def test_a_reviewer_at_a_desk_in_chinese_and_light(
    chromium: Browser, centre: ServedCentre, day: list[str], pictures: Path
) -> None:
    with reviewing(chromium, centre, name="一号审核员", language="zh-CN", size=DESK) as reviewer:
        reviewer.open()
        expect(reviewer.page.locator("html")).to_have_attribute("lang", "zh-CN")
        expect(reviewer.items()).to_have_count(len(DAY))
        play_at(reviewer, 8)
        assert width_beyond(reviewer.page) == 0
        picture(reviewer, pictures / "review.png")
        assert reviewer.faults == []


def test_the_same_in_english_and_dark(chromium: Browser, centre: ServedCentre, day: list[str], pictures: Path) -> None:
    with reviewing(chromium, centre, size=DESK, dark=True) as reviewer:
        reviewer.open(f"/incidents/{day[-2]}")
        background = reviewer.page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
        assert background == "rgb(16, 20, 24)"
        reviewer.press("i")
        expect(reviewer.page.locator("[data-opinion]")).to_have_attribute("open", "")
        picture(reviewer, pictures / "review-dark.png")


def test_a_phone_shows_the_list_then_the_lead_and_nothing_scrolls_sideways(
    chromium: Browser, centre: ServedCentre, day: list[str], pictures: Path
) -> None:
    with reviewing(chromium, centre, language="zh-CN", size=PHONE) as reviewer:
        reviewer.open()
        assert width_beyond(reviewer.page) == 0
        expect(reviewer.shown()).to_be_hidden()
        expect(reviewer.page.locator(".filters select").first).to_be_hidden()
        reviewer.page.locator('[data-do="filters"]').click()
        expect(reviewer.page.locator(".filters select").first).to_be_visible()
        assert width_beyond(reviewer.page) == 0
        reviewer.page.locator('[data-do="filters"]').click()
        reviewer.item(day[-1]).click()
        expect(reviewer.shown()).to_be_visible()
        expect(reviewer.items().first).to_be_hidden()
        assert width_beyond(reviewer.page) == 0
        picture(reviewer, pictures / "review-phone.png")
        reviewer.page.locator('.actions [data-do="reject"]').click()
        assert width_beyond(reviewer.page) == 0
        reviewer.press("Escape")
        reviewer.page.locator(".back").click()
        expect(reviewer.items().first).to_be_visible()


def test_the_theme_and_the_language_stay_as_they_were_chosen(
    chromium: Browser, centre: ServedCentre, few: list[str]
) -> None:
    with reviewing(chromium, centre) as reviewer:
        reviewer.look_at(few[0])
        reviewer.page.get_by_role("button", name="Light or dark").click()
        expect(reviewer.page.locator("html")).to_have_attribute("data-theme", "dark")
        reviewer.page.get_by_role("link", name="中文").click()
        expect(reviewer.page.get_by_role("link", name="English")).to_be_visible()
        expect(reviewer.shown()).to_have_attribute("data-incident", few[0])
        expect(reviewer.page.locator("html")).to_have_attribute("data-theme", "dark")
        expect(reviewer.page.locator(".actions")).to_contain_text("确认")


def test_everything_that_can_be_pressed_or_filled_has_a_name(
    chromium: Browser, centre: ServedCentre, few: list[str]
) -> None:
    with reviewing(chromium, centre) as reviewer:
        reviewer.look_at(few[0])
        assert reviewer.page.evaluate(UNNAMED) == []
        assert reviewer.page.locator("img:not([alt]), img[alt='']").count() == 0
        assert reviewer.page.locator("h1").count() == 1
        for name in ("keys", "reject", "access"):
            reviewer.page.evaluate(f"document.querySelector('[data-dialog={name}]').showModal()")
            assert reviewer.page.evaluate(UNNAMED) == []
            reviewer.press("Escape")


def test_tab_reaches_the_decision_and_shows_where_it_is(
    chromium: Browser, centre: ServedCentre, few: list[str]
) -> None:
    reached = []
    with reviewing(chromium, centre) as reviewer:
        reviewer.look_at(few[0])
        for _ in range(60):
            reviewer.press("Tab")
            focused = reviewer.page.evaluate(
                "[document.activeElement.dataset.do ?? '', getComputedStyle(document.activeElement).outlineStyle]"
            )
            reached.append(focused[0])
            assert focused[1] != "none"
            if focused[0] == "inconclusive":
                break
    assert {"play", "confirm", "reject", "inconclusive"} <= set(reached)


def test_the_question_mark_lists_the_keys_and_keys_rest_while_somebody_writes(
    chromium: Browser, centre: ServedCentre, few: list[str]
) -> None:
    with reviewing(chromium, centre) as reviewer:
        reviewer.look_at(few[0])
        reviewer.press("?")
        expect(reviewer.dialog("keys")).to_be_visible()
        reviewer.press("Escape")
        reviewer.page.get_by_label("Note (optional)").click()
        reviewer.page.keyboard.type("crj")
        expect(reviewer.message()).to_have_count(0)
        expect(reviewer.shown()).to_have_attribute("data-incident", few[0])
