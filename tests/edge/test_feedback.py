"""Decisions that come back from the centre: counted by rule, the newest of each incident, within bounds."""

from pathlib import Path
from typing import Any

import pytest

from edge import feedback
from edge.delivery.errors import CommandRefusedError
from edge.feedback import FeedbackBook

ONE, TWO, FOREIGN = (f"0195f000-0000-7000-8000-00000000000{digit}" for digit in (1, 2, 3))


def book(folder: Path) -> FeedbackBook:
    return FeedbackBook(folder / "feedback.json", {ONE, TWO}.intersection)


def said(incident_id: str, decision: str, version: int = 1, rule: str = "at-table") -> dict[str, Any]:
    return {"incident_id": incident_id, "rule": rule, "decision": decision, "version": version}


def test_the_newest_decision_of_each_incident_counts_whatever_comes_twice_or_late(tmp_path: Path) -> None:
    decided = book(tmp_path)
    told = {"decisions": [said(ONE, "rejected", 2) | {"reason_code": "wrong_object"}, said(TWO, "confirmed")]}
    assert decided.change(told) == {"taken": 2, "unknown": 0}
    assert decided.change(told) == {"taken": 0, "unknown": 0}
    assert decided.change({"decisions": [said(ONE, "confirmed", 1)]})["taken"] == 0
    again = book(tmp_path)
    assert again.by_rule() == {"at-table": {"confirmed": 1, "rejected": 1}}
    decision = again.decision_of(ONE)
    assert decision is not None
    assert (decision.decision, decision.reason_code) == ("rejected", "wrong_object")


def test_an_incident_of_another_box_is_not_counted(tmp_path: Path) -> None:
    decided = book(tmp_path)
    assert decided.change({"decisions": [said(FOREIGN, "rejected")]}) == {"taken": 0, "unknown": 1}
    assert decided.by_rule() == {}


def test_beyond_the_bound_the_sums_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "DECISIONS_MAX", 1)
    decided = book(tmp_path)
    decided.change({"decisions": [said(ONE, "rejected")]})
    decided.change({"decisions": [said(TWO, "rejected")]})
    assert (decided.decision_of(ONE), book(tmp_path).by_rule()) == (None, {"at-table": {"rejected": 2}})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "decisions: Field required"),
        ({"decisions": []}, "decisions: .*at least 1"),
        ({"decisions": [said("no-uuid", "rejected")]}, r"decisions\.0\.incident_id"),
        ({"decisions": [said(ONE, "guilty")]}, r"decisions\.0\.decision"),
        ({"decisions": [said(ONE, "rejected")] * 101}, "decisions: .*at most 100"),
    ],
)
def test_what_is_no_decision_is_refused(tmp_path: Path, body: dict[str, Any], reason: str) -> None:
    with pytest.raises(CommandRefusedError, match=reason):
        book(tmp_path).change(body)
    assert not (tmp_path / "feedback.json").exists()


def test_a_damaged_file_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "feedback.json").write_text('{"decisions": [{}], "sums": {}}')
    assert book(tmp_path).by_rule() == {}
