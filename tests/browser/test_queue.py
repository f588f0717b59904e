"""The queue in a real browser: finding leads, moving between them, deciding by keyboard, being told of new ones."""

from datetime import timedelta

from playwright.sync_api import Browser, expect

from central.cases.repository import get_case
from central.clock import now
from tests.browser.reviewing import PATIENCE_MS, Reviewer, reviewing
from tests.browser.scene import FLAME, INTRUSION, LOITERING, PARKING, WRONG_WAY, Sight, Yard, lead
from tests.browser.serving import ServedCentre

UNDO_MS = 13_000


def fill(centre: ServedCentre, yard: Yard, *sights: Sight) -> list[str]:
    """The first named is the oldest; ids in that order."""
    start = now() - timedelta(seconds=20)
    return [
        centre.take(lead(yard, sight, start + timedelta(seconds=number), number + 1))
        for number, sight in enumerate(sights)
    ]


def state(centre: ServedCentre, incident_id: str) -> str:
    with centre.centre.database.reading() as session:
        case = get_case(session, incident_id)
    assert case is not None
    return case.summary.state


def leave(reviewer: Reviewer, incident_id: str) -> None:
    """Goes away, and waits until the centre has recorded what the page sent in going."""
    reviewer.page.goto("about:blank")
    for _ in range(PATIENCE_MS // 50):
        if state(reviewer.centre, incident_id) != "lead":
            return
        reviewer.page.wait_for_timeout(50)
    raise AssertionError("leaving the page recorded nothing")


def test_filters_narrow_the_list_and_stay_in_the_address(chromium: Browser, centre: ServedCentre, yard: Yard) -> None:
    fill(centre, yard, INTRUSION, PARKING, LOITERING)
    with reviewing(chromium, centre) as reviewer:
        reviewer.open()
        expect(reviewer.items()).to_have_count(3)
        reviewer.page.get_by_label("Camera").select_option("street_2")
        expect(reviewer.items()).to_have_count(1)
        assert "camera=street_2" in reviewer.page.url
        reviewer.page.get_by_label("Camera").select_option("")
        reviewer.page.get_by_label("Text").fill("loitering")
        reviewer.page.get_by_label("Text").press("Enter")
        expect(reviewer.items()).to_have_count(1)
        reviewer.open("/?severity=alert")
        expect(reviewer.items()).to_have_count(1)
        reviewer.open("/?state=confirmed")
        expect(reviewer.page.get_by_text("No lead matches")).to_be_visible()
        assert reviewer.faults == []


def test_a_long_list_comes_page_by_page(chromium: Browser, centre: ServedCentre, yard: Yard) -> None:
    fill(centre, yard, *[PARKING] * 51)
    with reviewing(chromium, centre) as reviewer:
        reviewer.open()
        expect(reviewer.items()).to_have_count(50)
        reviewer.page.get_by_role("button", name="Show more").click()
        expect(reviewer.items()).to_have_count(51)
        expect(reviewer.page.get_by_role("button", name="Show more")).to_have_count(0)


def test_j_and_k_go_through_the_list_without_loading_the_page_again(
    chromium: Browser, centre: ServedCentre, yard: Yard
) -> None:
    oldest, middle, newest = fill(centre, yard, WRONG_WAY, PARKING, LOITERING)
    with reviewing(chromium, centre) as reviewer:
        reviewer.open()
        expect(reviewer.shown()).to_have_attribute("data-incident", newest)
        reviewer.page.evaluate("window.sameDocument = true")
        reviewer.press("j")
        expect(reviewer.shown()).to_have_attribute("data-incident", middle)
        reviewer.press("j")
        expect(reviewer.shown()).to_have_attribute("data-incident", oldest)
        reviewer.press("k")
        expect(reviewer.shown()).to_have_attribute("data-incident", middle)
        expect(reviewer.item(middle)).to_have_attribute("aria-current", "true")
        assert reviewer.page.url.endswith(f"/incidents/{middle}")
        reviewer.page.go_back()
        expect(reviewer.shown()).to_have_attribute("data-incident", oldest)
        assert reviewer.page.evaluate("window.sameDocument")
        assert reviewer.faults == []


def test_c_confirms_and_nothing_is_recorded_before_ten_seconds_are_over(
    chromium: Browser, centre: ServedCentre, yard: Yard
) -> None:
    other, sure = fill(centre, yard, PARKING, INTRUSION)
    with reviewing(chromium, centre) as reviewer:
        reviewer.open()
        reviewer.press("c")
        expect(reviewer.message()).to_contain_text("recorded in 10 s")
        expect(reviewer.shown()).to_have_attribute("data-incident", other)
        expect(reviewer.count()).to_have_text("1")
        expect(reviewer.message()).to_contain_text("recorded in 7 s")
        assert state(centre, sure) == "lead"
        expect(reviewer.item(sure)).to_contain_text("confirmed", timeout=UNDO_MS)
        assert state(centre, sure) == "confirmed"
        assert reviewer.faults == []


def test_u_takes_a_decision_back_and_it_is_never_recorded(chromium: Browser, centre: ServedCentre, yard: Yard) -> None:
    _, sure = fill(centre, yard, PARKING, INTRUSION)
    with reviewing(chromium, centre) as reviewer:
        reviewer.open()
        reviewer.press("c")
        expect(reviewer.message()).to_contain_text("recorded in")
        reviewer.press("u")
        expect(reviewer.message()).to_have_count(0)
        expect(reviewer.shown()).to_have_attribute("data-incident", sure)
        expect(reviewer.count()).to_have_text("2")
        reviewer.page.wait_for_timeout(500)
    assert state(centre, sure) == "lead"


def test_r_and_one_more_key_reject_and_leaving_the_page_records_at_once(
    chromium: Browser, centre: ServedCentre, yard: Yard
) -> None:
    _, wrong = fill(centre, yard, PARKING, INTRUSION)
    with reviewing(chromium, centre) as reviewer:
        reviewer.open()
        reviewer.press("r")
        expect(reviewer.dialog("reject")).to_be_visible()
        reviewer.press("7")
        expect(reviewer.message()).to_contain_text("reject")
        leave(reviewer, wrong)
        reviewer.look_at(wrong)
        expect(reviewer.page.locator(".story")).to_contain_text("Lin (unauthenticated): reject · duplicate")
    assert state(centre, wrong) == "rejected"


def test_a_decision_that_somebody_else_took_meanwhile_is_not_overwritten(
    chromium: Browser, centre: ServedCentre, yard: Yard
) -> None:
    (contested,) = fill(centre, yard, INTRUSION)
    with reviewing(chromium, centre, name="Lin") as first, reviewing(chromium, centre, name="Wu") as second:
        first.open()
        second.open()
        first.press("r")
        first.dialog("reject").get_by_role("button", name="no violation").click()
        leave(first, contested)
        second.press("c")
        expect(second.message()).to_contain_text("Somebody decided this lead", timeout=UNDO_MS)
        second.message().get_by_role("button", name="Back to the lead").click()
        expect(second.page.locator(".story")).to_contain_text("Lin")
    assert state(centre, contested) == "rejected"


def test_a_new_lead_is_counted_and_offered_and_moves_nothing(
    chromium: Browser, centre: ServedCentre, yard: Yard
) -> None:
    (looked_at,) = fill(centre, yard, INTRUSION)
    with reviewing(chromium, centre) as reviewer:
        reviewer.open()
        fresh = centre.take(lead(yard, WRONG_WAY, now(), 2))
        offer = reviewer.page.locator("[data-arrivals]")
        expect(offer).to_have_text("1 new lead · show")
        expect(reviewer.count()).to_have_text("2")
        expect(reviewer.items()).to_have_count(1)
        expect(reviewer.shown()).to_have_attribute("data-incident", looked_at)
        offer.click()
        expect(reviewer.item(fresh)).to_be_visible()
        expect(reviewer.shown()).to_have_attribute("data-incident", looked_at)
        expect(offer).to_be_hidden()
        assert reviewer.faults == []


def test_a_safety_lead_stands_on_top_at_once(chromium: Browser, centre: ServedCentre, yard: Yard) -> None:
    fill(centre, yard, INTRUSION)
    with reviewing(chromium, centre) as reviewer:
        reviewer.open()
        burning = centre.take(lead(yard, FLAME, now(), 2))
        alarm = reviewer.page.locator(".alarm")
        expect(alarm).to_contain_text("▲ suspected flame · depot_3")
        alarm.get_by_role("link").click()
        expect(reviewer.shown()).to_have_attribute("data-incident", burning)


def test_more_material_for_the_lead_in_view_is_offered_not_pushed(
    chromium: Browser, centre: ServedCentre, yard: Yard
) -> None:
    opened = now()
    first = lead(yard, INTRUSION, opened, 1)
    incident_id = centre.take(first)
    with reviewing(chromium, centre) as reviewer:
        reviewer.look_at(incident_id)
        later = first.report.model_copy(update={"revision": 1, "report_seq": 2, "phase": "update"})
        manifest = first.manifest.model_copy(update={"revision": 1, "report_seq": 2, "chain_seq": 2, "items": ()})
        centre.take(type(first)(later, manifest, {}))
        expect(reviewer.message()).to_contain_text("More material has arrived")
        expect(reviewer.shown()).to_have_attribute("data-revision", "0")
        reviewer.message().get_by_role("button", name="Reload").click()
        expect(reviewer.shown()).to_have_attribute("data-revision", "1")


def test_without_a_name_a_decision_asks_for_it_first(chromium: Browser, centre: ServedCentre, yard: Yard) -> None:
    (only,) = fill(centre, yard, INTRUSION)
    with reviewing(chromium, centre, name=None) as reviewer:
        reviewer.open()
        reviewer.press("n")
        reviewer.dialog("name").get_by_label("Reviewer").fill("  审核 一号 ")
        reviewer.press("Enter")
        expect(reviewer.message()).to_contain_text("inconclusive")
        expect(reviewer.page.locator("[data-reviewer-name]")).to_have_text("审核 一号")
        leave(reviewer, only)
        reviewer.look_at(only)
        expect(reviewer.page.locator(".story")).to_contain_text("审核 一号 (unauthenticated): inconclusive")


def test_an_empty_queue_says_what_was_done_today(chromium: Browser, centre: ServedCentre) -> None:
    with reviewing(chromium, centre) as reviewer:
        reviewer.open()
        expect(reviewer.page.get_by_role("heading", name="Nothing waits for review")).to_be_visible()
        assert reviewer.faults == []


def test_a_wrong_address_says_what_to_do(chromium: Browser, centre: ServedCentre) -> None:
    with reviewing(chromium, centre) as reviewer:
        for path in ("/nowhere", "/incidents/12", "/incidents/01a20ff0-b10e-7136-afd1-2eb3735e4d03"):
            answer = reviewer.page.goto(centre.url + path)
            assert answer is not None
            assert answer.status == 404
            expect(reviewer.page.get_by_role("link", name="Back to the queue")).to_be_visible()
