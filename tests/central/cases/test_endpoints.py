"""The routes that pages and programs use, asked over HTTP without a server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.vlm.ai_label import aigc
from tests.central.boxes import SigningBox
from tests.central.serving import Serving, serving
from tests.contract.examples import incident_report

REJECTED = {"decision": "rejected", "reason_code": "unclear", "version": 0, "seen_revision": 0}


@pytest.fixture
def served(tmp_path: Path, database_url: str, box: SigningBox) -> Iterator[Serving]:
    with serving(tmp_path, box, database_url=database_url) as served:
        yield served


@pytest.fixture
def client(served: Serving) -> httpx.Client:
    return served.http


@pytest.fixture
def incident_id(served: Serving, box: SigningBox) -> str:
    return take(served, box)


def take(served: Serving, box: SigningBox, **fields: Any) -> str:
    report = incident_report(box_id=box.box_id, **fields)
    (answer,) = served.intake.take([box.say(report)])
    assert b'"result":"stored"' in answer.payload
    return report.incident_id


def name(client: httpx.Client, who: str = "林 敏") -> None:
    answer = client.post("/api/reviewer", json={"name": who})
    assert answer.json() == {"name": who}
    assert "HttpOnly" in answer.headers["set-cookie"]


def reason(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["reason"]


def test_pages_of_the_list_follow_each_other_without_hole_or_repeat(
    client: httpx.Client, served: Serving, box: SigningBox
) -> None:
    sent = [take(served, box, report_seq=number) for number in range(1, 6)]
    seen: list[str] = []
    cursor = None
    while True:
        page = client.get("/api/incidents", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [line["incident_id"] for line in page["incidents"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(sent)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type=site.intrusion", 1),
        ("type=fire.flame", 0),
        ("severity=alert&state=lead&site=default&camera=hall_1", 1),
        ("text=TABLE", 1),
        ("since=2026-03-01T08:00:00Z&until=2026-03-01T09:00:00Z", 1),
        ("since=2026-03-02T00:00:00", 0),
        ("state=confirmed", 0),
    ],
)
def test_filters_choose(client: httpx.Client, incident_id: str, query: str, found: int) -> None:
    answer = client.get(f"/api/incidents?{query}").json()["incidents"]
    assert [line["incident_id"] for line in answer] == [incident_id] * found


def test_what_cannot_be_asked_is_said(client: httpx.Client) -> None:
    assert reason(client.get("/api/incidents?cursor=abc")) == (422, "cursor")
    assert client.get("/api/incidents?severity=grave").status_code == 422
    assert reason(client.get("/api/incidents/01a20ff0-b10e-7136-afd1-2eb3735e4d03")) == (404, "not_found")


def test_one_incident_comes_with_report_revisions_and_decisions(client: httpx.Client, incident_id: str) -> None:
    name(client)
    assert client.post(f"/api/incidents/{incident_id}/decision", json=REJECTED).json() == {
        "incident_id": incident_id,
        "state": "rejected",
        "version": 1,
    }
    detail = client.get(f"/api/incidents/{incident_id}").json()
    assert detail["report"]["schema"] == "xunjian.incident/1"
    assert [revision["revision"] for revision in detail["revisions"]] == [0]
    assert [(made["reviewer"], made["authority"]) for made in detail["decisions"]] == [("林 敏", "unauthenticated")]


def test_a_models_text_leaves_here_with_its_label_in_every_json_and_a_templates_without(
    client: httpx.Client, served: Serving, box: SigningBox
) -> None:
    block = aigc("city.depot.box-1", "7.3")
    spoken = incident_report().description.model_copy(update={"source": "model", "aigc": block})
    by_model = take(served, box, report_seq=1, description=spoken)
    unlabelled = take(served, box, report_seq=2, description=spoken.model_copy(update={"aigc": None}))
    plain = take(served, box, report_seq=3)
    lines = {line["incident_id"]: line for line in client.get("/api/incidents").json()["incidents"]}
    assert lines[by_model]["AIGC"] == block
    assert lines[unlabelled]["AIGC"]["Label"] == "1"
    assert lines[plain]["AIGC"] is None
    detail = client.get(f"/api/incidents/{by_model}").json()
    assert detail["summary"]["AIGC"] == detail["report"]["description"]["aigc"] == block


def test_a_decision_needs_a_name_the_newest_version_and_json(client: httpx.Client, incident_id: str) -> None:
    path = f"/api/incidents/{incident_id}/decision"
    assert reason(client.post(path, json=REJECTED)) == (403, "reviewer_missing")
    name(client)
    assert client.post(path, content=b"decision=rejected", headers={"Content-Type": "text/plain"}).status_code == 422
    assert reason(client.post(path, json=REJECTED | {"reason_code": None})) == (422, "reason_missing")
    assert client.post(path, json=REJECTED | {"fine": 200}).status_code == 422
    assert client.post(path, json=REJECTED).status_code == 200
    assert reason(client.post(path, json=REJECTED)) == (409, "stale")


def test_originals_open_only_with_a_name_and_a_reason_and_both_are_registered(
    client: httpx.Client, incident_id: str
) -> None:
    path = f"/api/incidents/{incident_id}/access"
    assert reason(client.post(path, json={"reason_code": "review"})) == (403, "reviewer_missing")
    name(client, "Lin")
    assert reason(client.post(path, json={"reason_code": "other"})) == (422, "note_missing")
    assert client.post(path, json={"reason_code": "curiosity"}).status_code == 422
    answer = client.post(path, json={"reason_code": "objection", "note": "case 12"}).json()
    assert len(answer["token"]) > 20
    (entry,) = client.get("/api/access-register", params={"incident_id": incident_id}).json()
    assert (entry["action"], entry["reviewer"], entry["reason"]) == ("grant", "Lin", "objection: case 12")


def test_the_language_stays_chosen_and_a_link_never_leads_elsewhere(client: httpx.Client, incident_id: str) -> None:
    answer = client.get("/language/en", params={"back": f"/incidents/{incident_id}?state=all"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/incidents/{incident_id}?state=all")
    assert "Choose a lead" in client.get("/?state=confirmed").text
    for outside in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        assert client.get("/language/en", params={"back": outside}).headers["location"] == "/"
    assert client.get("/language/fr", headers={"accept": "text/html"}).status_code == 404


def test_every_answer_forbids_the_browser_to_run_what_is_not_ours(client: httpx.Client, incident_id: str) -> None:
    for path in ("/", f"/incidents/{incident_id}", "/static/review.js", "/nowhere", "/api/incidents"):
        assert "default-src 'self'" in client.get(path).headers["content-security-policy"]


def test_a_page_that_is_not_there_is_told_to_people_in_words_and_to_programs_in_json(client: httpx.Client) -> None:
    people = client.get("/nowhere", headers={"accept": "text/html", "accept-language": "en"})
    assert (people.status_code, "Back to the queue" in people.text) == (404, True)
    assert client.get("/api/nowhere").json() == {"detail": "Not Found"}
    assert client.get("/queue/items?cursor=abc", headers={"accept": "text/html"}).status_code == 422
