from dataclasses import replace

from central.alerts.alert import Arrival, alert
from central.alerts.service import event_text
from central.cases.case import Change
from tests.contract.examples import NOW

FIRST = Arrival(
    Change(7, "0195", 0, "open", "fire.flame", "safety", "yard_1", "lead", NOW),
    first_stored_seq=7,
    site="north",
    opened=NOW,
    late=False,
)


def test_the_first_revision_of_an_incident_raises_one_alert() -> None:
    raised = alert(FIRST)
    assert raised is not None
    assert (raised.alert_id, raised.incident_id, raised.site) == (7, "0195", "north")
    later = replace(FIRST, change=replace(FIRST.change, stored_seq=9, revision=1))
    assert alert(later) is None


def test_a_higher_revision_that_comes_first_raises_the_alert() -> None:
    """Boxes send live reports before their backlog, so revision 2 may be stored before revision 0."""
    assert alert(replace(FIRST, change=replace(FIRST.change, revision=2))) is not None


def test_what_a_person_has_decided_raises_no_alert() -> None:
    assert alert(replace(FIRST, change=replace(FIRST.change, state="rejected"))) is None


def test_safety_is_urgent_and_the_rest_is_not() -> None:
    urgent = {
        severity: alert(replace(FIRST, change=replace(FIRST.change, severity=severity)))
        for severity in ("safety", "alert", "lead")
    }
    assert {severity: bool(raised and raised.urgent) for severity, raised in urgent.items()} == {
        "safety": True,
        "alert": False,
        "lead": False,
    }


def test_what_arrives_late_interrupts_nobody() -> None:
    raised = alert(replace(FIRST, late=True))
    assert raised is not None
    assert not raised.urgent


def test_an_event_carries_its_number_so_that_the_stream_resumes_after_it() -> None:
    text = event_text(FIRST)
    assert text.startswith("id: 7\nevent: lead\ndata: {")
    assert text.endswith("}\n\n")
    assert "疑似明火" in text
    assert event_text(replace(FIRST, first_stored_seq=3)).startswith("id: 7\nevent: update\n")


def test_a_type_that_this_catalogue_lacks_is_announced_by_its_id() -> None:
    assert '"en":"odd.thing"' in event_text(replace(FIRST, change=replace(FIRST.change, type_id="odd.thing")))
