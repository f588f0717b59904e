"""The queue under a burst: the severe first, then the old; what goes is the least severe, of those the newest."""

from edge.verification.waiting import WaitingInquiries
from tests.edge.verification.inquiries import inquiry


def test_the_severe_come_first_then_the_old() -> None:
    waiting = WaitingInquiries(8)
    for one in (inquiry(1, "lead", 1), inquiry(2, "alert", 2), inquiry(3, "safety", 4), inquiry(4, "safety", 3)):
        assert waiting.add(one) is None
    order = [one.incident_id for one in iter(waiting.take, None)]
    assert order == ["incident-4", "incident-3", "incident-2", "incident-1"]


def test_a_burst_sheds_the_least_severe_and_never_a_safety_lead_for_it() -> None:
    waiting = WaitingInquiries(2)
    old, new = inquiry(1, "lead", 1), inquiry(2, "lead", 2)
    waiting.add(old)
    waiting.add(new)
    assert waiting.add(inquiry(3, "safety", 3)) is new
    assert waiting.add(inquiry(4, "safety", 4)) is old
    newest = inquiry(5, "lead", 5)
    assert waiting.add(newest) is newest
    assert len(waiting) == 2


def test_what_is_too_old_goes() -> None:
    waiting = WaitingInquiries(8)
    for number in range(4):
        waiting.add(inquiry(number, "lead", float(number)))
    assert [one.incident_id for one in waiting.older_than(2.0)] == ["incident-0", "incident-1"]
    assert len(waiting) == 2
