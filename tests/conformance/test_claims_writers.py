"""One suite for whoever states claims: a package that writes, closed questions, a chat server, an inventor."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.vlm.answer import Answer, Verdict
from models.vlm.chat_server import ChatServer, ServerAddress
from models.vlm.claims_writers import ClosedWriter, PackageWriter, ServerWriter
from models.vlm.description import ClaimsWriter, Described, Shown, about, describe_report
from models.vlm.questions import find_question
from models.vlm.record_text import template
from models.vlm.stated_claim import ANSWER_LENGTH_MAX, StatedClaims
from tests.integration.test_chat_server import answer, serving
from tests.models.vlm.leads import INVENTED, Inventor, lead, stated, unsupported
from tests.models.vlm.packages import open_vlm, picture, write_vlm_package

LEAD = lead()
SHOWN = [Shown(one.track_id, one.class_, picture(one.track_id, 96, 64)) for one in LEAD.subjects]
TRUE = stated({"class": "person", "count": 2}, {"class": "person", "lacks": "helmet", "track": 3})


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("vlm")
    return {
        "writes": write_vlm_package(folder / "writes", "concatenated", writes=True),
        "answers": write_vlm_package(folder / "answers", "concatenated"),
    }


def served(reply: str, stack: ExitStack) -> ServerWriter:
    url = stack.enter_context(
        serving(lambda handler, _: answer(handler, {"choices": [{"message": {"content": reply}}]}))
    )
    return ServerWriter(ChatServer(ServerAddress(url, "any", timeout_s=10)))


@pytest.fixture(params=["package that writes", "closed questions", "chat server", "inventing server", "inventor"])
def writer(request: pytest.FixtureRequest, packages: dict[str, Path]) -> Iterator[ClaimsWriter]:
    with ExitStack() as stack:
        makers: dict[str, Callable[[], ClaimsWriter]] = {
            "package that writes": lambda: PackageWriter(open_vlm(packages["writes"]), 30.0),
            "closed questions": lambda: ClosedWriter(open_vlm(packages["answers"])),
            "chat server": lambda: served(TRUE, stack),
            "inventing server": lambda: served(INVENTED["an accusation in prose"], stack),
            "inventor": lambda: Inventor(INVENTED["classes"]),
        }
        yield makers[request.param]()


def described(writer: ClaimsWriter, shown: Sequence[Shown] = SHOWN) -> Described:
    return describe_report(LEAD, writer, lambda: shown, producer="here", produce_id="1")


def test_whatever_it_states_only_what_the_record_carries_is_shown(writer: ClaimsWriter) -> None:
    said = described(writer)
    for text in said.description.text.values():
        assert unsupported(text, LEAD) == []
    assert said.reason in {None, "unsupported", "nothing_said"}
    assert (said.description.source == "model") == (said.reason is None) == (said.description.aigc is not None)
    if said.reason is not None:
        assert said.description.text == template(LEAD).text


def test_it_states_the_same_of_the_same_pictures_within_bounds(writer: ClaimsWriter) -> None:
    assert writer.name
    first, second = (writer.write(about(LEAD), SHOWN) for _ in range(2))
    assert first == second
    assert len(first) < ANSWER_LENGTH_MAX


def test_a_package_that_writes_keeps_to_the_form(packages: dict[str, Path]) -> None:
    """Of random weights: it says something, and what it says is readable unless it was cut off."""
    text = PackageWriter(open_vlm(packages["writes"]), 30.0).write(about(LEAD), SHOWN[:1])
    try:
        StatedClaims.model_validate_json(text)
    except ValueError:
        assert text.startswith('{"claims":')


def test_a_package_that_writes_is_held_to_its_time(packages: dict[str, Path]) -> None:
    said = described(PackageWriter(open_vlm(packages["writes"]), 0.001), SHOWN[:1])
    assert said.description.source == "template"
    assert [removal for _, removal in said.removed] == ["unreadable"]


def test_a_server_that_fails_leaves_the_template() -> None:
    with serving(lambda handler, _: answer(handler, {"error": "no"}, 500)) as url:
        said = described(ServerWriter(ChatServer(ServerAddress(url, "any", timeout_s=5))))
    assert (said.reason, said.description) == ("model_failed", template(LEAD))
    assert "HTTP 500" in said.detail


class Oracle:
    """Answers closed questions as told; what nobody told it, it cannot tell."""

    name = "oracle"

    def __init__(self, verdicts: dict[str, Verdict], *, always_yes: bool = False) -> None:
        self._said: dict[str, Verdict] = {}
        self.always_yes = always_yes
        for name, verdict in verdicts.items():
            wording = find_question(name).en
            opposite: dict[Verdict, Verdict] = {"yes": "no", "no": "yes", "cannot_tell": "cannot_tell"}
            self._said |= {wording.question: verdict, wording.control: opposite[verdict]}

    def ask(self, _image: np.ndarray, question: str, _question_id: str | None = None, /) -> Answer:
        verdict = "yes" if self.always_yes else self._said.get(question, "cannot_tell")
        return Answer(verdict, 0.9, 0.1, 1.0, 1.0)


def test_the_answer_to_a_closed_question_becomes_a_claim_about_its_subject() -> None:
    said = described(ClosedWriter(Oracle({"helmet_worn": "no"})), SHOWN[:1])
    assert [(one.kind, one.track_ids, one.en) for one, by_model in said.said if by_model] == [
        ("attribute", (3,), "1 person, no helmet seen (track 3)")
    ]
    assert said.description.source == "model"


@pytest.mark.parametrize(
    ("oracle", "reason"),
    [
        (Oracle({"helmet_worn": "yes"}), "unsupported"),  # the detector saw none: the record does not carry it
        (Oracle({"helmet_worn": "cannot_tell"}), "nothing_said"),
        (Oracle({}, always_yes=True), "nothing_said"),  # its mirror contradicts it
        (Oracle({"fire": "yes", "vest_worn": "no"}), "nothing_said"),  # not this lead's question
    ],
)
def test_an_answer_that_the_record_or_its_own_mirror_contradicts_says_nothing(oracle: Oracle, reason: str) -> None:
    assert described(ClosedWriter(oracle), SHOWN[:1]).reason == reason


def test_what_a_server_calls_here_is_the_zone_of_the_record() -> None:
    with ExitStack() as stack:
        said = described(served(stated({"class": "person", "track": 3, "zone": "here"}), stack))
        assert [(one.kind, one.track_ids) for one, by_model in said.said if by_model] == [("zone", (3,))]
        assert said.removed == ()


def test_a_question_that_is_not_permitted_is_not_asked() -> None:
    writer = ClosedWriter(Oracle({"helmet_worn": "no"}))
    assert json.loads(writer.write(replace(about(LEAD), permitted=frozenset({"fire"})), SHOWN)) == {"claims": []}
