"""However reports are repeated, reordered and cut into batches, the centre ends where one delivery in order ends."""

import tempfile
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from central.cases.tables import Incident, Rejection, Revision
from central.database.metadata import Base
from central.devices.tables import Box
from central.evidence.tables import Manifest
from central.ingest.message import Message
from contract.acknowledgement import ReportReceipt
from tests.central.boxes import Centre, SigningBox
from tests.contract.examples import incident_report

BOX = SigningBox()
INCIDENTS = [incident_report().incident_id for _ in range(3)]
SHARED = [HealthCheck.function_scoped_fixture]  # one database for all examples: each empties it first
PHASES = ("open", "update", "close")


def reports() -> list[Message]:
    """Three incidents of three revisions each, numbered as a box commits them."""
    return [
        BOX.report(incident_id=incident_id, revision=revision, report_seq=3 * revision + place + 1, phase=phase)
        for revision, phase in enumerate(PHASES)
        for place, incident_id in enumerate(INCIDENTS)
    ]


IN_ORDER = reports()
CONFLICTING = [
    BOX.report(incident_id=INCIDENTS[0], revision=0, report_seq=1, severity="safety"),  # other bytes, same revision
    BOX.report(incident_id=INCIDENTS[1], revision=7, report_seq=5, severity="safety"),  # other bytes, same number
]


def deliver(database_url: str, batches: Sequence[Sequence[Message]]) -> tuple[dict[str, Any], list[ReportReceipt]]:
    """What the centre holds in the end, without when it came. It starts empty but for the box."""
    centre = Centre.make(database_url)
    with centre.database.writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
        BOX.register(session)
    receipts = [receipt for batch in batches for receipt in centre.take(*batch)]
    with centre.database.reading() as session:
        state = {
            "incidents": sorted(
                (row.incident_id, row.revision, row.phase, row.severity, row.state)
                for row in session.scalars(select(Incident))
            ),
            "revisions": sorted(
                (row.incident_id, row.revision, row.report_seq, row.payload)
                for row in session.scalars(select(Revision))
            ),
            "manifests": sorted(
                (row.incident_id, row.revision, row.report_seq, row.sha256) for row in session.scalars(select(Manifest))
            ),
            "rejections": sorted(row.payload for row in session.scalars(select(Rejection))),
            "high_water": session.scalars(select(Box.high_water)).one(),
        }
    centre.database.close()
    return state, receipts


@st.composite
def deliveries(draw: st.DrawFn, messages: list[Message]) -> list[list[Message]]:
    """Every message at least once, some again, in any order, cut anywhere."""
    again = draw(st.lists(st.sampled_from(messages), max_size=12))
    order = draw(st.permutations([*messages, *again]))
    batches: list[list[Message]] = [[]]
    for message in order:
        if draw(st.booleans()):
            batches.append([])
        batches[-1].append(message)
    return batches


with tempfile.TemporaryDirectory() as _folder:
    EXPECTED, _ = deliver(f"sqlite:///{_folder}/central.sqlite3", [[message] for message in IN_ORDER])


@settings(max_examples=40, deadline=None, suppress_health_check=SHARED)
@given(batches=deliveries(IN_ORDER))
def test_duplicates_and_any_order_end_in_the_state_of_one_delivery_in_order(
    database_url: str, batches: list[list[Message]]
) -> None:
    state, receipts = deliver(database_url, batches)
    assert state == EXPECTED
    assert state["high_water"] == len(IN_ORDER)
    results = [receipt.result for receipt in receipts]
    assert results.count("stored") == len(IN_ORDER)
    assert len(results) == sum(len(batch) for batch in batches)
    assert set(results) <= {"stored", "duplicate"}


@settings(max_examples=40, deadline=None, suppress_health_check=SHARED)
@given(batches=deliveries([*IN_ORDER, *CONFLICTING]))
def test_conflicting_bytes_are_never_lost_and_never_stand_beside_each_other(
    database_url: str, batches: list[list[Message]]
) -> None:
    state, receipts = deliver(database_url, batches)
    stored = [payload for _, _, _, payload in state["revisions"]]
    sent = {message.payload for message in (*IN_ORDER, *CONFLICTING)}
    assert {*stored, *state["rejections"]} == sent
    assert not set(stored) & set(state["rejections"])
    assert len({(incident_id, revision) for incident_id, revision, _, _ in state["revisions"]}) == len(stored)
    assert len({number for _, _, number, _ in state["revisions"]}) == len(stored)
    answers: dict[str, set[str]] = {}
    for receipt in receipts:
        answers.setdefault(receipt.sha256, set()).add(receipt.result)
    assert all(not {"stored", "rejected"} <= said for said in answers.values())
