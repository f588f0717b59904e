import json
from typing import Any

import pytest
from sqlalchemy import func, select

from central.cases import repository
from central.cases.case import CaseFilter
from central.cases.tables import Incident, Rejection, Revision
from central.devices.box import BoxStatus
from central.devices.repository import list_boxes
from central.ingest.message import Message
from contract import codec
from contract.heartbeat import Availability
from contract.ids import uuid7
from tests.central.boxes import NOW, Centre, SigningBox, heartbeat
from tests.contract.examples import incident_report


@pytest.fixture
def centre(database_url: str, box: SigningBox) -> Centre:
    return Centre.make(database_url, box, SigningBox("box-2"))


def count(centre: Centre, table: Any) -> int:
    with centre.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def incident(centre: Centre, incident_id: str) -> Incident:
    with centre.database.reading() as session:
        found = session.get(Incident, incident_id)
        assert found is not None
        return found


def test_a_signed_report_is_stored_and_acknowledged_with_the_hash_of_its_bytes(centre: Centre, box: SigningBox) -> None:
    message = box.report()
    (receipt,) = centre.take(message)
    assert (receipt.result, receipt.sha256) == ("stored", codec.sha256_hex(message.payload))
    assert centre.stored == [receipt.incident_id]
    with centre.database.reading() as session:
        case = repository.get_case(session, receipt.incident_id)
        assert repository.get_payload(session, receipt.incident_id, 0) == message.payload
    assert case is not None
    assert (case.summary.state, case.summary.evidence_state, case.summary.late) == ("lead", "pending", False)


def test_the_same_bytes_again_are_a_duplicate_and_are_acknowledged_again(centre: Centre, box: SigningBox) -> None:
    message = box.report()
    assert [r.result for r in centre.take(message, message)] == ["stored", "duplicate"]
    assert [r.result for r in centre.take(message)] == ["duplicate"]
    assert count(centre, Revision) == 1


def test_other_bytes_under_a_stored_revision_are_a_conflict_and_both_are_kept(centre: Centre, box: SigningBox) -> None:
    first = incident_report()
    other = first.model_copy(update={"severity": "lead"})
    results = centre.take(box.say(first), box.say(other), box.say(other))
    assert [(r.result, r.reason) for r in results] == [
        ("stored", None),
        ("rejected", "conflict"),
        ("rejected", "conflict"),
    ]
    assert (count(centre, Revision), count(centre, Rejection)) == (1, 1)
    assert incident(centre, first.incident_id).conflicts == 1


def test_a_number_that_is_taken_by_another_incident_is_a_conflict(centre: Centre, box: SigningBox) -> None:
    results = centre.take(box.report(report_seq=1), box.report(report_seq=1))
    assert [r.reason for r in results] == [None, "conflict"]


def test_an_incident_of_another_box_is_refused(database_url: str) -> None:
    mine, other = SigningBox(), SigningBox("box-2")
    centre = Centre.make(database_url, mine, other)
    report = incident_report()
    centre.take(mine.say(report))
    (receipt,) = centre.take(other.report(incident_id=report.incident_id, revision=1))
    assert (receipt.result, receipt.reason) == ("rejected", "foreign_incident")


def test_an_older_revision_that_comes_late_changes_nothing_that_is_shown(centre: Centre, box: SigningBox) -> None:
    incident_id = uuid7(NOW)
    centre.take(box.report(incident_id=incident_id, revision=2, report_seq=3, phase="close"))
    centre.take(box.report(incident_id=incident_id, revision=0, report_seq=1))
    found = incident(centre, incident_id)
    assert (found.revision, found.phase) == (2, "close")
    assert count(centre, Revision) == 2


def test_a_report_that_names_another_site_is_filed_where_the_register_says_and_flagged(
    centre: Centre, box: SigningBox
) -> None:
    (receipt,) = centre.take(box.report(site="elsewhere"))
    found = incident(centre, receipt.incident_id)
    assert (found.site, found.place_differs) == ("default", True)


def test_a_late_report_is_marked(centre: Centre, box: SigningBox) -> None:
    report = incident_report()
    old = report.time.model_copy(update={"opened": NOW.replace(hour=7)})
    centre.take(box.say(report.model_copy(update={"time": old})))
    assert incident(centre, report.incident_id).late


def test_high_water_moves_over_stored_and_rejected_numbers_and_stops_at_a_hole(centre: Centre, box: SigningBox) -> None:
    def high_water(*messages: Message) -> int:
        return centre.answers(messages)[0].high_water

    assert high_water(box.report(report_seq=2)) == 0
    assert high_water(box.report(report_seq=1)) == 2
    assert high_water(box.report(report_seq=4)) == 2
    bad = incident_report(report_seq=3).to_object() | {"severity": "none"}
    assert high_water(box.raw(codec.canonical(box.key.sign_object(bad)))) == 4


def test_a_signed_report_that_breaks_the_schema_is_rejected_with_the_reason_and_kept(
    centre: Centre, box: SigningBox
) -> None:
    bad = incident_report().to_object() | {"severity": "none"}
    (receipt,) = centre.take(box.raw(codec.canonical(box.key.sign_object(bad))))
    assert (receipt.result, receipt.reason) == ("rejected", "schema")
    assert count(centre, Rejection) == 1


def test_a_report_that_was_refused_and_is_understood_now_is_stored(centre: Centre, box: SigningBox) -> None:
    message = box.report()
    newer = codec.canonical(box.key.sign_object(incident_report().to_object() | {"schema": "xunjian.incident/2"}))
    (receipt,) = centre.take(box.raw(newer))
    assert receipt.reason == "version"
    with centre.database.writing() as session:  # as if an older software had refused the very same bytes
        kept = session.scalars(select(Rejection)).one()
        kept.payload_sha256 = codec.sha256_hex(message.payload)
    assert [r.result for r in centre.take(message)] == ["stored"]
    assert count(centre, Rejection) == 0


def test_a_wrong_signature_is_answered_but_leaves_nothing_in_the_database(centre: Centre) -> None:
    (receipt,) = centre.take(SigningBox().report())  # the id is right, the key is not
    assert (receipt.result, receipt.reason) == ("rejected", "signature")
    assert (count(centre, Revision), count(centre, Rejection)) == (0, 0)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "malformed"),
        (b"\x00\xff\xfe garbage", "malformed"),
        (b"[]", "malformed"),
        (b'{"box_id": "box-1", "box_id": "box-1"}', "malformed"),
        (b'{"box_id": "box-1", "value": NaN}', "malformed"),
        (b"[" * 100_000, "malformed"),
        (b"x" * 1_048_576, "too_large"),
        (b'{"box_id": "box-1"}', "signature"),
        (b'{"box_id": "box-2"}', "other_box"),
        (
            json.dumps({"box_id": "box-1", "text": "\ud800", "signature": {"algorithm": "ed25519"}}).encode(),
            "signature",
        ),
    ],
)
def test_what_nobody_can_be_answered_for_is_dropped_and_counted(
    centre: Centre, box: SigningBox, payload: bytes, reason: str
) -> None:
    good = box.report()
    (receipt,) = centre.take(box.raw(payload), good)
    assert receipt.result == "stored"
    assert centre.counters.read("dropped", reason) == 1


@pytest.mark.parametrize(
    "topic", ["xunjian/v1/stranger/incident", "xunjian/v1/#", "other", "xunjian/v1/box-1/nonsense"]
)
def test_a_topic_of_nobody_is_dropped(centre: Centre, box: SigningBox, topic: str) -> None:
    assert centre.take(Message(topic, box.report().payload, NOW)) == []


def test_a_heartbeat_is_kept_and_an_older_one_is_ignored(centre: Centre, box: SigningBox) -> None:
    centre.take(box.say(heartbeat(uptime_s=90.0), "heartbeat"), box.say(heartbeat(uptime_s=30.0), "heartbeat"))
    centre.take(box.say(heartbeat(session=2, uptime_s=900.0), "heartbeat"))
    status = box_status(centre)
    assert status.heartbeat is not None
    assert (status.heartbeat["uptime_s"], status.availability) == (90.0, "online")


def test_the_last_will_of_an_older_session_does_not_mark_a_live_box_offline(centre: Centre, box: SigningBox) -> None:
    def say(state: Any, session: int) -> str:
        centre.take(box.say(Availability(box_id="box-1", state=state, session=session), "availability"))
        return box_status(centre).availability

    assert say("online", 4) == "online"
    assert say("offline", 3) == "online"
    assert say("offline", 4) == "offline"


def test_a_number_that_the_box_no_longer_has_and_the_centre_lacks_raises_one_loss(
    centre: Centre, box: SigningBox
) -> None:
    centre.take(box.report(report_seq=1), box.report(report_seq=4))
    for uptime_s in (60.0, 90.0):
        beat = heartbeat(uptime_s=uptime_s, report_seq_high=4, report_seq_low=3)
        centre.take(box.say(beat, "heartbeat"))
    assert box_status(centre).losses == 1  # 2 is gone, 3 is still queued
    centre.take(box.report(report_seq=2))
    assert box_status(centre).losses == 0


def box_status(centre: Centre) -> BoxStatus:
    with centre.database.reading() as session:
        return next(box for box in list_boxes(session) if box.box_id == "box-1")


def test_a_list_is_paged_by_cursor_without_gap_or_repeat(centre: Centre, box: SigningBox) -> None:
    centre.take(*(box.report(report_seq=number) for number in range(1, 8)))
    seen: list[str] = []
    cursor: str | None = None
    with centre.database.reading() as session:
        while True:
            page = repository.list_cases(session, CaseFilter(), limit=3, cursor=cursor)
            seen += [case.incident_id for case in page.cases]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 7
        assert repository.list_cases(session, CaseFilter(text="TABLE_")).cases == ()
        assert len(repository.list_cases(session, CaseFilter(text="Table", state="lead")).cases) == 7
        with pytest.raises(repository.CursorError):
            repository.list_cases(session, CaseFilter(), cursor="nonsense")
