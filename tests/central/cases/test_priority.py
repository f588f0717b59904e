"""The queue's order: severity first, then what a second look speaks against last; safety keeps its place."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from central.cases.priority import priority
from central.database.engine import MIGRATIONS, Database
from contract.incident_report import IncidentReport, Verification
from tests.central.boxes import SigningBox
from tests.central.cases.test_endpoints import REJECTED, name, take
from tests.central.serving import Serving, serving
from tests.contract.examples import NOW, incident_report

STATUSES = ("pending", "confirmed", "rejected", "not_confirmed", "failed", "skipped")


def test_a_verdict_never_moves_a_lead_across_severities() -> None:
    ranks = {
        severity: [priority(severity, one, "lead") for one in STATUSES] for severity in ("safety", "alert", "lead")
    }
    assert min(ranks["safety"]) > max(ranks["alert"])
    assert min(ranks["alert"]) > max(ranks["lead"])
    assert len(set(ranks["safety"])) == 1, "a fire keeps its place whatever a model says"


@pytest.mark.parametrize("severity", ["alert", "lead"])
def test_rejected_comes_last_failed_before_it_and_nothing_comes_before_what_nobody_looked_at(severity: str) -> None:
    rank = {status: priority(severity, status, "lead") for status in STATUSES}
    assert rank["rejected"] < rank["failed"] < rank["skipped"]
    assert {rank[one] for one in ("pending", "confirmed", "not_confirmed", "skipped")} == {rank["skipped"]}
    assert priority(severity, "rejected", "confirmed") == rank["skipped"], "after a person, the model has no say"


def lead(number: int, severity: str, status: str, **fields: object) -> dict[str, object]:
    opened = NOW + timedelta(seconds=number)
    time = incident_report().time.model_copy(update={"first_seen": opened, "opened": opened, "last_seen": opened})
    verification = Verification.model_validate({"status": status})
    return {"report_seq": number, "severity": severity, "verification": verification, "time": time, **fields}


@pytest.fixture
def served(tmp_path: Path, database_url: str) -> Iterator[tuple[Serving, SigningBox]]:
    box = SigningBox()
    with serving(tmp_path, box, database_url=database_url) as served:
        yield served, box


def listed(served: Serving, **query: str) -> list[str]:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = served.http.get("/api/incidents", params={"limit": "2", **query, **cursor}).json()
        seen += [line["incident_id"] for line in page["incidents"]]
        if page["next_cursor"] is None:
            return seen
        cursor = {"cursor": page["next_cursor"]}


def shown(served: Serving, path: str) -> list[str]:
    return re.findall(r'data-item="([^"]+)"', served.http.get(path).text.split("data-items", 1)[-1])


def test_api_and_page_have_one_order_over_all_pages_and_nothing_is_left_out(served: tuple[Serving, SigningBox]) -> None:
    serving, box = served
    kinds = list(product(("lead", "safety", "alert"), ("rejected", "skipped", "failed", "confirmed")))
    ids = {kind: take(serving, box, **lead(number, *kind)) for number, kind in enumerate(kinds, start=1)}
    newest_first = list(reversed(ids.values()))
    wanted = [
        *(ids["safety", one] for one in ("confirmed", "failed", "skipped", "rejected")),
        *(ids["alert", one] for one in ("confirmed", "skipped", "failed", "rejected")),
        *(ids["lead", one] for one in ("confirmed", "skipped", "failed", "rejected")),
    ]
    assert listed(serving) == wanted == shown(serving, "/") == listed(serving, state="lead")
    assert listed(serving, order="newest") == newest_first


def test_a_verdict_that_comes_later_moves_the_lead_and_a_person_moves_it_back(
    served: tuple[Serving, SigningBox],
) -> None:
    serving, box = served
    older = take(serving, box, **lead(1, "alert", "pending"))
    newer = take(serving, box, **lead(2, "alert", "pending"))
    assert listed(serving) == [newer, older]
    take(serving, box, **lead(3, "alert", "rejected", incident_id=newer, revision=1, phase="update"))
    assert listed(serving) == [older, newer] == shown(serving, "/")
    name(serving.http)
    decided = REJECTED | {"seen_revision": 1}
    assert serving.http.post(f"/api/incidents/{newer}/decision", json=decided).status_code == 200
    take(serving, box, **lead(4, "alert", "rejected", incident_id=newer, revision=2, phase="update"))
    assert listed(serving) == [newer, older]


def test_a_cursor_of_an_older_version_is_refused_in_words(served: tuple[Serving, SigningBox]) -> None:
    serving, _ = served
    answer = serving.http.get("/api/incidents", params={"cursor": "MTc3MjM1MzgwNTAwMDAwMCAwMWEyMGZm"})
    assert (answer.status_code, answer.json()["reason"]) == (422, "cursor")


def report_with(status: str, severity: str) -> IncidentReport:
    return incident_report(severity=severity, verification=Verification.model_validate({"status": status}))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables: `database_url` has the newest ones."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.sqlite3"
        return
    server = request.getfixturevalue("postgres")
    with server.database(migrated=False) as url:
        yield url


def test_leads_that_a_centre_already_holds_get_their_place_when_it_is_updated(empty_url: str) -> None:
    database = Database.open(empty_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    kept = {}
    with database._writer.connect() as connection:  # the tables as the version before left them
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.execute(
            text(
                "INSERT INTO boxes (box_id, public_key, key_id, tenant, site, software, enrolled_at, availability,"
                " session, uptime_s, chain_seq, high_water)"
                " VALUES ('box-1', 'k', 'k', 't', 's', '0', '2026-01-01 00:00:00+00:00', 'online', 1, 0, 0, 0)"
            )
        )
        for severity, status in product(("safety", "alert", "lead"), ("rejected", "failed", "skipped")):
            report = report_with(status, severity)
            kept[report.incident_id] = priority(severity, status, "lead")
            connection.execute(
                text(
                    "INSERT INTO incidents (incident_id, box_id, camera_id, tenant, site, place_differs, type_id,"
                    " severity, zone_id, rule_id, phase, first_seen, opened, last_seen, revision, report, search_text,"
                    " received_at, updated_at, late, conflicts, state, decisions) VALUES (:id, 'box-1', 'c', 't', 's',"
                    " false, 'a.b', :severity, 'z', 'r', 'open', :at, :at, :at, 0, :report, '', :at, :at, false, 0,"
                    " 'lead', 0)"
                ),
                {
                    "id": report.incident_id,
                    "severity": severity,
                    "report": json.dumps(report.to_object()),
                    "at": "2026-01-01 00:00:00+00:00",
                },
            )
        command.upgrade(config, "head")
        connection.commit()
    with database.reading() as session:
        rows = session.execute(text("SELECT incident_id, priority FROM incidents"))
        found = {row.incident_id: row.priority for row in rows}
    assert found == kept
