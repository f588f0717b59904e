from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from central.audit.reviewer import Reviewer
from central.cases.case import Case, ReasonCode, StaleDecisionError, Verdict
from central.cases.day import Day, day_since
from central.cases.repository import get_case
from central.cases.service import DecisionRefusedError, Proposal, record_decision
from central.devices.sight import CameraOutOfSight, cameras_out_of_sight
from central.devices.tables import Box
from central.evidence.tables import Dossier
from tests.central.boxes import NOW, Centre, SigningBox

LIN = Reviewer("Lin")


@pytest.fixture
def incident_id(centre: Centre, box: SigningBox) -> str:
    (receipt,) = centre.take(box.report())
    return receipt.incident_id


def decide(
    session: Session,
    incident_id: str,
    decision: Verdict = "confirmed",
    reason_code: ReasonCode | None = None,
    note: str = "",
    version: int = 0,
) -> Case:
    return record_decision(session, incident_id, Proposal(decision, reason_code, note, version, 0), LIN, NOW)


def test_a_decision_is_added_with_who_said_it_and_what_they_had_seen(centre: Centre, incident_id: str) -> None:
    with centre.database.writing() as session:
        decide(session, incident_id, "rejected", "duplicate", " seen on Monday ")
    with centre.database.reading() as session:
        case = get_case(session, incident_id)
    assert case is not None
    (made,) = case.decisions
    assert (case.summary.state, case.summary.decisions) == ("rejected", 1)
    assert (made.reviewer, made.authority, made.reason_code, made.note, made.seen_revision) == (
        "Lin",
        "unauthenticated",
        "duplicate",
        "seen on Monday",
        0,
    )


def test_a_change_of_mind_is_a_second_decision_beside_the_first(centre: Centre, incident_id: str) -> None:
    with centre.database.writing() as session:
        decide(session, incident_id)
        case = decide(session, incident_id, "rejected", "permitted", version=1)
    assert [made.decision for made in case.decisions] == ["confirmed", "rejected"]
    assert case.summary.state == "rejected"


def test_a_decision_on_a_version_that_is_past_changes_nothing(centre: Centre, incident_id: str) -> None:
    with centre.database.writing() as session:
        decide(session, incident_id)
    with pytest.raises(StaleDecisionError, match="1 decisions"), centre.database.writing() as session:
        decide(session, incident_id, "rejected", "unclear")
    with centre.database.reading() as session:
        case = get_case(session, incident_id)
    assert case is not None
    assert [made.decision for made in case.decisions] == ["confirmed"]


def test_a_lead_whose_evidence_does_not_verify_cannot_be_confirmed_but_rejected(
    centre: Centre, incident_id: str
) -> None:
    with centre.database.writing() as session:
        dossier = session.get(Dossier, incident_id)
        assert dossier is not None
        dossier.state, dossier.reason = "unverified", "clip: another hash"
    with pytest.raises(DecisionRefusedError, match="another hash") as refused, centre.database.writing() as session:
        decide(session, incident_id)
    assert refused.value.code == "evidence_unverified"
    with centre.database.writing() as session:
        assert decide(session, incident_id, "rejected", "device_not_lawful").summary.state == "rejected"


@pytest.mark.parametrize(
    ("decision", "reason_code", "note", "code"),
    [
        ("rejected", None, "", "reason_missing"),
        ("rejected", "other", "  ", "note_missing"),
        ("confirmed", "unclear", "", "reason_unexpected"),
    ],
)
def test_a_rejection_says_why_and_a_confirmation_gives_no_reason_for_one(
    centre: Centre, incident_id: str, decision: Verdict, reason_code: ReasonCode | None, note: str, code: str
) -> None:
    with pytest.raises(DecisionRefusedError) as refused, centre.database.writing() as session:
        decide(session, incident_id, decision, reason_code, note)
    assert refused.value.code == code


def test_nobody_decides_what_is_not_there(centre: Centre) -> None:
    with pytest.raises(DecisionRefusedError) as refused, centre.database.writing() as session:
        decide(session, "01a20ff0-b10e-7136-afd1-2eb3735e4d03")
    assert refused.value.code == "not_found"


def test_the_day_counts_each_incident_once_by_its_newest_decision(
    centre: Centre, box: SigningBox, incident_id: str
) -> None:
    with centre.database.writing() as session:
        decide(session, incident_id)
        decide(session, incident_id, "inconclusive", version=1)
    with centre.database.reading() as session:
        assert day_since(session, NOW - timedelta(hours=1)) == Day(1, 0, 0, 1)
        assert day_since(session, NOW + timedelta(hours=1)) == Day(0, 0, 0, 0)


def test_cameras_that_do_not_see_are_named_from_the_newest_heartbeats(centre: Centre) -> None:
    with centre.database.writing() as session:
        row = session.get(Box, "box-1")
        assert row is not None
        row.heartbeat = {
            "cameras": [{"camera_id": "gate", "state": "frozen"}, {"camera_id": "hall_1", "state": "online"}]
        }
    with centre.database.reading() as session:
        assert cameras_out_of_sight(session) == [CameraOutOfSight("box-1", "gate", "frozen")]
