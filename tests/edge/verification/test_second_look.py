"""Whatever the verifier does, each inquiry gets one answer, and nobody who asks ever waits."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from pydantic import ValidationError

from contract.incident_report import Verification
from edge.backoff import Backoff
from edge.settings import VerificationSettings
from edge.supervisor import STALL_S
from edge.verification.inquiry import Inquiry
from edge.verification.isolated import OPEN_S_MAX
from edge.verification.second_look import SecondLook
from edge.verification.verifier import Verifier, VerifierError
from tests.edge.delivery.drafts import SteppedClock
from tests.edge.verification.inquiries import inquiry


class Willing(Verifier):
    name, sha256 = "willing", "a" * 64

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.broken = False
        self.speechless = False
        self.opens: Callable[[], None] = lambda: None
        self.works: Callable[[], None] = lambda: None

    def open(self) -> None:
        self.opens()

    def verify(self, one: Inquiry) -> Verification:
        self.seen.append(one.incident_id)
        self.works()
        if self.broken:
            raise VerifierError("it broke off")
        return Verification(status="confirmed", ms=1.0)

    def describe(self, one: Inquiry) -> str:
        self.seen.append(f"{one.incident_id} in words")
        self.works()
        if self.speechless:
            raise VerifierError("it hangs")
        return f"words about {one.incident_id}"


class Stage:
    def __init__(self, waiting_max: int = 4, *, describes: bool = False) -> None:
        self.clock, self.verifier, self.told = SteppedClock(), Willing(), list[str | None]()
        self.look = SecondLook(
            self.verifier, self.clock, self.told.append, waiting_max=waiting_max, age_s_max=60.0,
            restart=Backoff(first_s=10.0, most_s=60.0), describes=describes,
        )  # fmt: skip

    def ask(self, *numbers: int) -> None:
        for number in numbers:
            self.look.ask(inquiry(number, "lead", self.clock.at_s + number / 1000))

    def pass_over(self, seconds: float) -> None:
        self.clock.at_s += seconds

    def statuses(self, camera_id: str = "cam") -> dict[str, str]:
        return {one.incident_id: one.looked.verification.status for one in self.look.take(camera_id)}


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_an_answer_names_the_model_and_the_questions_and_is_taken_once(stage: Stage) -> None:
    stage.ask(1)
    stage.look.step()
    (answered,) = stage.look.take("cam")
    assert answered.looked.vlm == f"willing {'a' * 64}"
    assert len(answered.looked.prompt_sha256 or "") == 64
    assert list(stage.look.take("cam")) == []
    assert stage.told == [None]


def test_each_camera_takes_its_own(stage: Stage) -> None:
    stage.look.ask(inquiry(1, camera_id="east", asked_s=stage.clock.at_s))
    stage.look.step()
    assert stage.statuses("west") == {}
    assert stage.statuses("east") == {"incident-1": "confirmed"}


def test_a_burst_is_shed_by_severity_and_counted(stage: Stage) -> None:
    stage.ask(*range(1, 41))
    assert stage.look.shed == 36
    assert set(stage.statuses().values()) == {"skipped"}
    assert stage.look.state().queue == 4


def test_a_verifier_that_fails_is_said_and_left_alone_for_a_while_and_recovers(stage: Stage) -> None:
    stage.verifier.broken = True
    stage.ask(1, 2)
    stage.look.step()
    assert stage.statuses() == {"incident-1": "failed"}
    assert stage.look.state().state == "failed"
    assert stage.told == ["second look: it broke off; leads go on without it"]
    stage.look.step()
    assert stage.verifier.seen == ["incident-1"], "not asked again at once"
    stage.verifier.broken = False
    stage.clock.at_s += 10.0
    stage.look.step()
    assert stage.statuses() == {"incident-2": "confirmed"}
    assert (stage.look.state().state, stage.told[-1]) == ("ready", None)


@pytest.mark.parametrize(("worked_s", "rests_s"), [(0.25, 0.5), (0.75, 1.5), (15.0, 2.0)])
def test_it_rests_twice_as_long_as_it_has_worked_whoever_waits(stage: Stage, worked_s: float, rests_s: float) -> None:
    def works() -> None:
        stage.clock.at_s += worked_s

    stage.verifier.works = works
    stage.ask(1, 2)
    stage.look.step()
    stage.clock.at_s += rests_s - 0.01
    stage.look.step()
    assert stage.verifier.seen == ["incident-1"]
    assert stage.look.state().queue == 1
    stage.clock.at_s += 0.01
    stage.look.step()
    assert stage.verifier.seen == ["incident-1", "incident-2"]


@pytest.mark.parametrize("words", [False, True])
def test_opening_and_answering_as_slowly_as_may_be_is_no_standstill(words: bool) -> None:
    answer_s_max = 60.0
    with pytest.raises(ValidationError):
        VerificationSettings(answer_s_max=answer_s_max + 1)  # no box may say more
    stage = Stage(describes=words)
    stage.ask(1)
    if words:
        stage.look.step()
    stage.verifier.opens = lambda: stage.pass_over(OPEN_S_MAX)
    stage.verifier.works = lambda: stage.pass_over(answer_s_max)
    noted_s = [stage.clock.at_s]

    def progress() -> None:
        noted_s.append(stage.clock.at_s)

    stage.look.step(progress)
    progress()
    assert noted_s[-1] - noted_s[0] == OPEN_S_MAX + answer_s_max
    assert max(later - earlier for earlier, later in pairwise(noted_s)) < STALL_S


def test_a_verifier_that_does_not_open_has_failed(stage: Stage) -> None:
    def refuses() -> None:
        raise VerifierError("no model")

    stage.verifier.opens = refuses
    stage.ask(1)
    stage.look.step()
    assert stage.statuses() == {"incident-1": "failed"}
    assert stage.told == ["second look: no model; leads go on without it"]


def test_what_waited_too_long_is_skipped(stage: Stage) -> None:
    stage.verifier.broken = True
    stage.ask(1, 2)
    stage.look.step()
    stage.clock.at_s += 61.0
    stage.ask(3)
    stage.verifier.broken = False
    stage.look.step()
    assert stage.statuses() == {"incident-1": "failed", "incident-2": "skipped", "incident-3": "confirmed"}


@pytest.mark.parametrize("happen", [lambda stage: setattr(stage.verifier, "broken", True), lambda _: None])
def test_every_inquiry_gets_exactly_one_answer(happen: Callable[[Stage], None]) -> None:
    stage = Stage(waiting_max=3)
    answers: dict[str, str] = {}
    for number in range(1, 60):
        if number == 20:
            happen(stage)
        stage.ask(number)
        stage.clock.at_s += 1.0
        if number % 4 == 0:
            stage.look.step()
        taken = stage.statuses()
        assert not taken.keys() & answers.keys()
        answers |= taken
    for _ in range(3):
        stage.clock.at_s += 61.0
        stage.look.step()
    answers |= stage.statuses()
    assert len(answers) == 59


def stated(stage: Stage) -> list[tuple[str, str | None, bool]]:
    return [(one.incident_id, one.looked.stated, one.looked.more) for one in stage.look.take("cam")]


def test_words_come_after_every_verdict_and_say_that_no_more_will_come() -> None:
    stage = Stage(describes=True)
    stage.ask(1, 2)
    stage.look.step()
    assert stated(stage) == [("incident-1", None, True)]
    stage.look.step()
    assert stage.verifier.seen == ["incident-1", "incident-2"], "a verdict that is wanted goes before words"
    assert stage.look.state().queue == 2
    stage.look.step()
    stage.look.step()
    assert stated(stage) == [
        ("incident-2", None, True),
        ("incident-1", "words about incident-1", False),
        ("incident-2", "words about incident-2", False),
    ]
    assert stage.look.state().queue == 0


def test_without_the_setting_nobody_is_asked_for_words(stage: Stage) -> None:
    stage.ask(1)
    stage.look.step()
    assert stated(stage) == [("incident-1", None, False)]
    assert stage.look.state().queue == 0


def test_words_that_fail_keep_the_verdict_and_cost_only_later_words_a_pause() -> None:
    stage = Stage(describes=True)
    stage.verifier.speechless = True
    stage.ask(1)
    stage.look.step()
    stage.look.step()
    assert stated(stage) == [("incident-1", None, True), ("incident-1", None, False)]
    assert stage.told[-1] == "descriptions: it hangs; leads and verdicts go on without them"
    stage.ask(2)
    stage.look.step()
    assert stage.verifier.seen[-1] == "incident-2", "the next verdict is not held up"
    assert stage.look.state().state != "failed"
    assert stage.told[-1] is not None, "the fault stands until words come again"
    stage.look.step()
    assert stage.verifier.seen[-1] == "incident-2", "no words before the pause is over"
    stage.verifier.speechless = False
    stage.clock.at_s += 10.0
    stage.look.step()
    assert stated(stage)[-1] == ("incident-2", "words about incident-2", False)
    assert stage.told[-1] is None


def test_words_for_a_burst_are_shed_and_those_that_wait_too_long_are_given_up() -> None:
    stage = Stage(waiting_max=2, describes=True)
    for number in range(1, 5):
        stage.ask(number)
        stage.look.step()
    assert [one for one in stated(stage) if not one[2]] == [("incident-3", None, False), ("incident-4", None, False)]
    stage.clock.at_s += 61.0
    stage.look.step()
    assert stated(stage) == [("incident-1", None, False), ("incident-2", None, False)]
    assert [one for one in stage.verifier.seen if "words" in one] == []
