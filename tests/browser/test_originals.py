"""Originals in a real browser: nothing unblurred without a reason, every look registered, the clip with its overlay."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from central.clock import now
from central.evidence.tables import Dossier
from tests.browser.reviewing import Reviewer, reviewing
from tests.browser.scene import INTRUSION, Lead, Yard, lead
from tests.browser.serving import ServedCentre

DRAWN = """canvas => {
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const drawn = { box: 0, zone: 0 };
  for (let i = 0; i < pixels.length; i += 4) {
    if (pixels[i + 3] < 200) continue;
    drawn.box += Math.abs(pixels[i] - 255) + Math.abs(pixels[i + 2] - 102) < 30;
    drawn.zone += Math.abs(pixels[i] - 124) + Math.abs(pixels[i + 2] - 255) < 30;
  }
  return drawn;
}"""  # opaque pixels in the colour of boxes, and of the zone's edge


@pytest.fixture
def intrusion(centre: ServedCentre, yard: Yard) -> Lead:
    sent = lead(yard, INTRUSION, now(), 1)
    centre.take(sent, files=True)
    return sent


def original(sent: Lead, role: str) -> str:
    return next(item.sha256 for item in sent.manifest.items if item.role == role)


def register(centre: ServedCentre) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = httpx.get(f"{centre.url}/api/access-register").json()
    return list(reversed(entries))


def give_reason(reviewer: Reviewer, reason: str = "checking on site") -> None:
    reviewer.dialog("access").get_by_label(reason).check()
    reviewer.dialog("access").get_by_role("button", name="Register and open").click()


def test_a_page_that_is_only_looked_at_fetches_no_original(
    chromium: Browser, centre: ServedCentre, intrusion: Lead
) -> None:
    asked: list[str] = []
    with reviewing(chromium, centre) as reviewer:
        reviewer.page.on("request", lambda request: asked.append(request.url))
        reviewer.look_at(intrusion.report.incident_id)
        expect(reviewer.page.locator("[data-badge]")).to_have_text("faces pixelated")
        assert reviewer.page.locator("[data-still]").evaluate("image => image.naturalWidth") == 960
    assert not [url for url in asked if original(intrusion, "clip") in url or original(intrusion, "key_frame") in url]
    assert any(original(intrusion, "annotated") in url for url in asked)


def test_originals_are_refused_without_the_token_of_a_reason(centre: ServedCentre, intrusion: Lead) -> None:
    for role in ("clip", "key_frame"):
        assert httpx.get(f"{centre.url}/api/media/{original(intrusion, role)}").status_code == 403
    assert not [entry for entry in register(centre) if entry["action"] == "grant"]


def test_the_clip_plays_after_a_reason_with_tracks_and_zone_drawn_over_it(
    chromium: Browser, centre: ServedCentre, intrusion: Lead
) -> None:
    with reviewing(chromium, centre) as reviewer:
        reviewer.look_at(intrusion.report.incident_id)
        reviewer.press(" ")
        expect(reviewer.dialog("access")).to_be_visible()
        assert reviewer.page.locator("video").count() == 0
        give_reason(reviewer)
        video = reviewer.page.locator("video")
        reviewer.until("document.querySelector('video')?.currentTime > 0.3")
        reviewer.press(" ")
        assert video.evaluate("video => video.paused")
        scrub = reviewer.page.get_by_label("Position")
        scrub.fill("8")
        reviewer.until("Math.abs(document.querySelector('video')?.currentTime - 8) < 0.2")
        expect(reviewer.page.locator("[data-at]")).to_contain_text("8.0 s")
        drawn = reviewer.page.locator("[data-canvas]").evaluate(DRAWN)
        assert drawn["box"] > 300
        assert drawn["zone"] > 300
        assert reviewer.page.locator("[data-timeline] rect").count() == 1
        reviewer.page.get_by_label("Speed").select_option("0.25")
        assert video.evaluate("video => video.playbackRate") == 0.25
        expect(reviewer.page.locator("[data-opinion]")).to_have_attribute("open", "")
        assert reviewer.faults == []
    looks = [(entry["action"], entry["reviewer"], entry["reason"]) for entry in register(centre)]
    assert looks[-2:] == [("grant", "Lin", "on_site"), ("view", "Lin", "on_site")]


def test_b_opens_the_original_key_frame_and_pixelates_it_again(
    chromium: Browser, centre: ServedCentre, intrusion: Lead
) -> None:
    with reviewing(chromium, centre) as reviewer:
        reviewer.look_at(intrusion.report.incident_id)
        reviewer.press("b")
        give_reason(reviewer, "reviewing the lead")
        still, badge = reviewer.page.locator("[data-still]"), reviewer.page.locator("[data-badge]")
        expect(badge).to_contain_text("original")
        assert original(intrusion, "key_frame") in (still.get_attribute("src") or "")
        reviewer.until("document.querySelector('[data-still]').complete")
        drawn = reviewer.page.locator("[data-canvas]").evaluate(DRAWN)
        assert drawn["box"] > 300
        assert drawn["zone"] > 300
        reviewer.press("b")
        expect(badge).to_have_text("faces pixelated")
        assert original(intrusion, "annotated") in (still.get_attribute("src") or "")
    views = [entry["sha256"] for entry in register(centre) if entry["action"] == "view" and entry["reason"] == "review"]
    assert views == [original(intrusion, "key_frame")]


def test_going_away_from_the_question_opens_and_registers_nothing(
    chromium: Browser, centre: ServedCentre, intrusion: Lead
) -> None:
    with reviewing(chromium, centre) as reviewer:
        reviewer.look_at(intrusion.report.incident_id)
        reviewer.press("b")
        expect(reviewer.dialog("access")).to_be_visible()
        reviewer.press("Escape")
        expect(reviewer.dialog("access")).to_be_hidden()
        expect(reviewer.page.locator("[data-badge]")).to_have_text("faces pixelated")
    assert not [entry for entry in register(centre) if entry["action"] == "grant"]


def test_without_a_name_the_original_stays_closed(chromium: Browser, centre: ServedCentre, intrusion: Lead) -> None:
    with reviewing(chromium, centre, name=None) as reviewer:
        reviewer.look_at(intrusion.report.incident_id)
        reviewer.press("b")
        expect(reviewer.dialog("name")).to_be_visible()
        expect(reviewer.dialog("access")).to_be_hidden()


def test_other_needs_words_and_the_page_says_so(chromium: Browser, centre: ServedCentre, intrusion: Lead) -> None:
    with reviewing(chromium, centre) as reviewer:
        reviewer.look_at(intrusion.report.incident_id)
        reviewer.press("b")
        give_reason(reviewer, "other (say what)")
        expect(reviewer.message()).to_contain_text("write a note first")
        expect(reviewer.page.locator("[data-badge]")).to_have_text("faces pixelated")


def test_a_lead_that_does_not_verify_says_so_and_c_does_nothing(
    chromium: Browser, centre: ServedCentre, intrusion: Lead
) -> None:
    incident_id = intrusion.report.incident_id
    with centre.centre.database.writing() as session:
        dossier = session.get(Dossier, incident_id)
        assert dossier is not None
        dossier.state, dossier.reason = "unverified", "the clip does not decode"
    with reviewing(chromium, centre) as reviewer:
        reviewer.look_at(incident_id)
        expect(reviewer.page.locator(".actions")).to_contain_text("cannot be confirmed")
        expect(reviewer.page.get_by_role("button", name="Confirm")).to_be_disabled()
        reviewer.press("c")
        expect(reviewer.message()).to_have_count(0)
        expect(reviewer.item(incident_id)).to_contain_text("does not verify")
    refused = httpx.post(
        f"{centre.url}/api/incidents/{incident_id}/decision",
        json={"decision": "confirmed", "version": 0, "seen_revision": 0},
        cookies={"xunjian_reviewer": "Lin"},
    )
    assert (refused.status_code, refused.json()["reason"]) == (409, "evidence_unverified")
