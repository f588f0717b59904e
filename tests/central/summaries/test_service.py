"""Facts read from the database, on each database that there is, and the routes that answer them."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy.orm import Session

from central.audit.reviewer import Reviewer
from central.cases.case import ReasonCode, Verdict
from central.cases.repository import count_cases
from central.cases.service import Proposal, record_decision
from central.devices.tables import Box, Outage
from central.summaries import repository
from central.summaries.facts import Count, PeriodFacts
from central.summaries.repository import TooManyError, records_of
from central.summaries.service import facts_and_table
from contract.ids import rfc3339, uuid7
from models.vlm.period import PERIOD_NAMES, Period, PeriodName
from tests.central.boxes import NOW, Centre, SigningBox
from tests.central.serving import Serving, serving
from tests.contract.examples import incident_report

DECISIONS: tuple[tuple[Verdict, ReasonCode | None] | None, ...] = (
    ("confirmed", None),
    ("rejected", "unclear"),
    ("rejected", "duplicate"),
    ("rejected", "unclear"),
    None,
)


def counts_in(value: Any) -> Iterator[Count]:
    if isinstance(value, Count):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from counts_in(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from counts_in(getattr(value, field.name))


def fill(centre: Centre, box: SigningBox) -> None:
    """Five leads, each an hour before the other, decided three minutes after they came, all but the last."""
    for index, decision in enumerate(DECISIONS):
        opened = NOW - timedelta(hours=index)
        time = incident_report().time.model_copy(
            update={"first_seen": opened, "opened": opened, "last_seen": opened, "closed": None}
        )
        message = box.report(incident_id=uuid7(opened), report_seq=index + 1, time=time)
        (receipt,) = centre.take(message)
        assert receipt.result == "stored", receipt
        if decision is not None:
            proposal = Proposal(*decision, "seen", 0, 0)
            with centre.database.writing() as session:
                record_decision(session, receipt.incident_id, proposal, Reviewer("Lin"), NOW + timedelta(minutes=3))


@pytest.fixture
def centre(database_url: str) -> Centre:
    box = SigningBox()
    made = Centre.make(database_url, box)
    fill(made, box)
    return made


def read(centre: Centre, name: PeriodName = "day", site: str | None = None) -> PeriodFacts:
    with centre.database.reading() as session:
        return facts_and_table(session, Period.around(name, NOW), site, NOW)[0]


def test_the_day_is_what_was_reported_and_decided(centre: Centre) -> None:
    facts = read(centre)
    total = facts.total
    assert (total.leads.value, total.confirmed.value, total.rejected.value, total.open.value) == (5, 1, 3, 1)
    assert (facts.types[0].reason, facts.minutes) == ("unclear", 3.0)
    assert [(each.reason_code, each.leads.value) for each in facts.types[0].reasons] == [
        ("unclear", 2),
        ("duplicate", 1),
    ]


@pytest.mark.parametrize("name", PERIOD_NAMES)
def test_every_number_is_what_the_list_behind_it_holds(centre: Centre, name: PeriodName) -> None:
    facts = read(centre, name)
    with centre.database.reading() as session:
        wrong = [each for each in counts_in(facts) if count_cases(session, each.chosen) != each.value]
    assert wrong == []
    assert len(list(counts_in(facts))) > 10


def test_another_site_has_none_of_it(centre: Centre) -> None:
    facts = read(centre, site="elsewhere")
    assert (facts.total.leads.value, facts.places, facts.troubles) == (0, (), ())


def test_what_does_not_work_is_told_with_how_long_where_that_is_known(centre: Centre) -> None:
    cameras = [
        {"camera_id": "gate", "state": "offline", "last_frame_age_s": 90.0},
        {"camera_id": "yard", "state": "blind", "last_frame_age_s": 0.1},
        {"camera_id": "dock", "state": "running"},
    ]
    with centre.database.writing() as session:
        box = session.get_one(Box, "box-1")
        box.heartbeat, box.availability, box.availability_at = {"cameras": cameras}, "offline", NOW
    with centre.database.reading() as session:
        period = Period.around("day", NOW)
        facts, _ = facts_and_table(session, period, None, NOW + timedelta(hours=3))
    said = [(each.camera_id, each.state, each.for_s) for each in facts.troubles]
    assert said == [(None, "offline", 10_800.0), ("gate", "offline", 90.0), ("yard", "blind", None)]


def blind_for_an_hour(session: Session) -> None:
    box = session.get_one(Box, "box-1")
    box.heartbeat_at = NOW
    session.add(Outage(box_id="box-1", camera_id="gate", state="blind", since=NOW - timedelta(hours=1), until=NOW))
    session.add(Outage(box_id="box-1", camera_id="yard", state="moved", since=NOW - timedelta(days=9), until=NOW))


def test_times_without_watching_are_those_of_the_period_the_site_and_until_now(centre: Centre) -> None:
    with centre.database.writing() as session:
        blind_for_an_hour(session)
    period = Period.around("day", NOW)
    with centre.database.reading() as session:
        facts, _ = facts_and_table(session, period, None, NOW + timedelta(minutes=10))
        said = [(row.camera_id, row.states, row.seconds) for row in facts.absences.rows]
        day_s = (NOW - period.start).total_seconds()
        assert said == [("yard", ("moved",), day_s), ("gate", ("blind",), 3600.0), (None, ("unheard",), 600.0)]
        assert facts_and_table(session, period, "elsewhere", NOW)[0].absences.rows == ()
        before = facts_and_table(session, Period.around("day", NOW - timedelta(days=20)), None, NOW)[0]
        assert before.absences.rows == ()


def test_more_than_can_be_counted_is_refused_and_never_half_counted(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "RECORDS_MAX", 4)
    with centre.database.reading() as session, pytest.raises(TooManyError, match="more than 4"):
        records_of(session, Period.around("day", NOW), None)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Serving]:
    box = SigningBox()
    with serving(tmp_path, box) as made:
        fill(Centre(made.centre.database, made.intake, made.centre.key, made.centre.counters, []), box)
        yield made


def test_the_route_links_each_number_to_a_list_that_holds_as_many(served: Serving) -> None:
    answer = served.http.get("/api/summaries", params={"period": "week", "at": rfc3339(NOW)}).json()
    numbers = [*answer["total"].values(), answer["before"], *(each["leads"] for each in answer["trend"])]
    assert answer["total"]["leads"]["value"] == 5
    for number in numbers:
        assert len(served.http.get(number["incidents"]).json()["incidents"]) == number["value"], number
    for each in answer["types"][0]["reasons"]:
        listed = served.http.get(each["leads"]["incidents"]).json()["incidents"]
        assert len(listed) == each["leads"]["value"] > 0, each
    assert answer["summary"]["en"]["source"] == "template"
    assert "5" in answer["summary"]["en"]["text"]


@pytest.mark.parametrize(("language", "line"), [("en", "leads"), ("zh-CN", "条线索")])
def test_the_page_says_it_without_a_label_of_generated_text(served: Serving, language: str, line: str) -> None:
    page = served.http.get(f"/summaries?period=day&at={rfc3339(NOW)}", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert line in page.text
    assert "AI" not in page.text


@pytest.mark.parametrize(
    ("language", "line", "sentence"),
    [
        ("en", "2</a> cameras not watching, together", "does not mean that nothing happened"),
        ("zh-CN", "2</a> 台摄像机未监看，合计", "不代表没有事情发生"),
    ],
)
def test_page_and_route_say_who_did_not_watch(served: Serving, language: str, line: str, sentence: str) -> None:
    with served.centre.database.writing() as session:
        blind_for_an_hour(session)
    day = f"period=day&at={rfc3339(NOW)}"
    page = served.http.get(f"/summaries?{day}", headers={"Accept-Language": language}).text
    assert line in page
    assert sentence in page
    answer = served.http.get(f"/api/summaries?{day}").json()
    assert sentence in answer["summary"][language]["unwatched"]
    assert {row["camera"]: row["states"] for row in answer["unwatched"] if row["camera"]} == {
        "gate": ["blind"],
        "yard": ["moved"],
    }


def test_a_period_without_leads_says_that_nobody_watched(served: Serving) -> None:
    with served.centre.database.writing() as session:
        blind_for_an_hour(session)
    empty = f"period=day&at={rfc3339(NOW - timedelta(days=3))}"
    page = served.http.get(f"/summaries?{empty}", headers={"Accept-Language": "en"}).text
    assert "No lead in this period." in page
    assert "did not watch from 00:00 to 24:00" in page


@pytest.mark.parametrize(("period", "said"), [("hour", "1</a> lead, "), ("day", "5</a> leads, ")])
def test_the_first_line_counts_its_noun(served: Serving, period: str, said: str) -> None:
    page = served.http.get(f"/summaries?period={period}&at={rfc3339(NOW)}", headers={"Accept-Language": "en"}).text
    assert said in page


def test_a_link_of_the_page_opens_the_list_of_that_period_alone(served: Serving) -> None:
    page = served.http.get(f"/summaries?period=hour&at={rfc3339(NOW)}", headers={"Accept-Language": "en"}).text
    link = page.split("data-line>")[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert set(parse_qs(urlsplit(link).query)) == {"state", "since", "until"}
    assert served.http.get(link).text.count('class="item') == 1


def test_a_reason_on_the_page_opens_the_leads_that_were_rejected_for_it(served: Serving) -> None:
    page = served.http.get(f"/summaries?period=day&at={rfc3339(NOW)}", headers={"Accept-Language": "en"}).text
    link = page.split('picture unclear <a href="')[1].split('"')[0].replace("&amp;", "&")
    listed = served.http.get(link, headers={"Accept-Language": "en"}).text
    assert listed.count('class="item') == 2
    assert '<option value="unclear" selected>' in listed


@pytest.mark.parametrize("query", ["period=year", "at=yesterday", "at=0001-01-01T00:00:00Z", "at=9999-12-31T23:00:00Z"])
def test_a_wrong_address_is_refused(served: Serving, query: str) -> None:
    assert served.http.get(f"/api/summaries?{query}").status_code == 422
    page = served.http.get(f"/summaries?{query}", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (422, "text/html")
