"""What the answers about one incident come to. A parse failure, a doubt, a contradiction: never "no"."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from contract.incident_report import Question, Verification
from models.vlm.answer import Answer
from models.vlm.closed_claims import agreed
from models.vlm.questions import find_question

Finding = Literal["supports", "against", "unclear"]


@dataclass(frozen=True, slots=True)
class Statement:
    """Of one crop and question: the answer, and that to its mirrored control."""

    question_id: str
    track_id: int
    answer: Answer
    control: Answer

    @property
    def finding(self) -> Finding:
        """Only what the control's answer agrees with counts: a model that says yes to everything says nothing."""
        verdict = agreed(self.answer, self.control)
        if verdict == "cannot_tell":
            return "unclear"
        return "supports" if verdict == find_question(self.question_id).violation_when else "against"

    def stated(self) -> Question:
        """For the report: what the two answers together say."""
        return Question(
            id=self.question_id,
            verdict=agreed(self.answer, self.control),
            p_yes=self.answer.p_yes,
            p_no=self.answer.p_no,
            mass=self.answer.mass,
        )


def conclude(statements: Sequence[Statement], *, suspicious_text: bool, ms: float) -> Verification:
    """`confirmed` when one subject is as suspected, `rejected` when all are clearly not, else `not_confirmed`.

    A picture in which somebody put text to be read rejects nothing: the text is data, and a reason to look.
    """
    findings = [statement.finding for statement in statements]
    status: Literal["confirmed", "rejected", "not_confirmed"] = "not_confirmed"
    if "supports" in findings:
        status = "confirmed"
    elif findings and all(finding == "against" for finding in findings) and not suspicious_text:
        status = "rejected"
    return Verification(
        status=status, questions=_stated(statements), suspicious_text=suspicious_text, ms=round(max(0.0, ms), 1)
    )


def _stated(statements: Iterable[Statement]) -> tuple[Question, ...]:
    return tuple(statement.stated() for statement in statements)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a report says of its second look. vlm, prompt_sha256: the model and the questions that a verdict is of.
    stated: what that model states about the lead, not yet held against any record. more: that is still to come.
    """

    verification: Verification
    vlm: str | None = None
    prompt_sha256: str | None = None
    stated: str | None = None
    more: bool = False


PENDING = Looked(Verification(status="pending"))
SKIPPED = Looked(Verification(status="skipped"))
FAILED = Looked(Verification(status="failed"))
