"""What answers come to: only agreement of a question and its mirror counts, and a doubt is never "no"."""

import pytest

from edge.verification.verdict import Statement, conclude
from models.vlm.answer import Answer, Verdict


def answer(verdict: Verdict) -> Answer:
    yes = {"yes": 0.9, "no": 0.05, "cannot_tell": 0.1}[verdict]
    return Answer(verdict, yes, 0.95 - yes, 0.97, 12.0)


def said(question_id: str, verdict: Verdict, control: Verdict, track_id: int = 1) -> Statement:
    return Statement(question_id, track_id, answer(verdict), answer(control))


BARE = said("helmet_worn", "no", "yes")
WORN = said("helmet_worn", "yes", "no")
FLAMES = said("fire", "yes", "no")
NO_FLAMES = said("fire", "no", "yes")


@pytest.mark.parametrize(
    ("statements", "status"),
    [
        ([BARE], "confirmed"),
        ([WORN], "rejected"),
        ([FLAMES], "confirmed"),
        ([NO_FLAMES], "rejected"),
        ([WORN, BARE], "confirmed"),
        ([WORN, WORN], "rejected"),
        ([WORN, said("helmet_worn", "cannot_tell", "no")], "not_confirmed"),
        ([said("helmet_worn", "no", "no")], "not_confirmed"),
        ([said("helmet_worn", "yes", "yes")], "not_confirmed"),
        ([said("helmet_worn", "yes", "cannot_tell")], "not_confirmed"),
        ([said("helmet_worn", "cannot_tell", "cannot_tell")], "not_confirmed"),
        ([], "not_confirmed"),
    ],
)
def test_a_verdict_needs_an_answer_and_its_mirror(statements: list[Statement], status: str) -> None:
    assert conclude(statements, suspicious_text=False, ms=5.0).status == status


def test_a_contradiction_is_reported_as_cannot_tell_with_the_numbers_as_they_were() -> None:
    (question,) = conclude([said("helmet_worn", "yes", "yes")], suspicious_text=False, ms=5.0).questions
    assert (question.id, question.verdict, question.p_yes) == ("helmet_worn", "cannot_tell", 0.9)


def test_text_in_the_picture_takes_away_the_right_to_reject_and_no_other() -> None:
    assert conclude([WORN], suspicious_text=True, ms=5.0).status == "not_confirmed"
    assert conclude([BARE], suspicious_text=True, ms=5.0).status == "confirmed"
    assert conclude([WORN], suspicious_text=True, ms=5.0).suspicious_text
