"""One suite for whoever takes the second look: scripted, language models, a chat server; and in a process apart."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.verification.chat import ChatVerifier
from edge.verification.child import STATED_BYTES_MAX, Wanted, WantedServer
from edge.verification.inquiry import Exhibit
from edge.verification.isolated import IsolatedVerifier
from edge.verification.scripted import ScriptedStep, ScriptedVerifier
from edge.verification.verifier import Verifier, VerifierError
from edge.verification.vlm import LanguageVerifier
from models.registry import find_package
from models.vlm.chat_server import ChatServer, ServerAddress
from tests.edge.verification.inquiries import inquiry
from tests.integration.test_chat_server import answer, serving
from tests.models.vlm.packages import open_vlm, write_vlm_package
from tests.processes import eventually, has_ended, parent_of, starve_forkserver

VERDICTS = {"confirmed", "rejected", "not_confirmed"}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vlm_package(tmp_path_factory.mktemp("vlm") / "tiny", "concatenated")


@pytest.fixture(scope="module")
def chat_url() -> Iterator[str]:
    """A chat server that sees bare heads."""

    def behave(handler: Any, request: dict[str, Any]) -> None:
        question = request["messages"][0]["content"][-1]["text"]
        said = json.dumps({"answer": "yes" if "bare" in question else "no"})
        answer(handler, {"choices": [{"message": {"content": said}}]})

    with serving(behave) as url:
        yield url


@pytest.fixture(
    params=[
        "scripted",
        "language model",
        "second-look-3m",
        "chat server",
        "scripted apart",
        "language model apart",
        "chat server apart",
    ]
)
def verifier(request: pytest.FixtureRequest, package: Path, chat_url: str) -> Iterator[Verifier]:
    makers: dict[str, Callable[[], Verifier]] = {
        "scripted": ScriptedVerifier,
        "language model": lambda: LanguageVerifier(open_vlm(package)),
        "second-look-3m": lambda: LanguageVerifier(open_vlm(find_package("second-look-3m"))),
        "chat server": lambda: ChatVerifier(ChatServer(ServerAddress(chat_url, "eyes"))),
        "chat server apart": lambda: IsolatedVerifier(Wanted(server=WantedServer(chat_url, "eyes")), 30.0),
        "scripted apart": lambda: IsolatedVerifier(Wanted(steps=(ScriptedStep(),)), 30.0),
        "language model apart": lambda: IsolatedVerifier(Wanted(str(package)), 30.0),
    }
    made = makers[request.param]()
    yield made
    made.close()


def test_it_answers_one_inquiry_after_another_in_the_same_way(verifier: Verifier) -> None:
    first, second, again = (verifier.verify(inquiry(number)) for number in (1, 2, 1))
    assert {first.status, second.status} <= VERDICTS
    assert again.status == first.status
    assert [one.p_yes for one in again.questions] == pytest.approx([one.p_yes for one in first.questions], abs=1e-5)
    assert all(one.id == "helmet_worn" for one in first.questions)
    assert first.ms is not None
    assert verifier.name
    assert len(verifier.sha256) == 64


def test_what_it_states_is_bounded_text_or_a_refusal_and_the_next_verdict_comes(verifier: Verifier) -> None:
    verifier.verify(inquiry())
    stated = verifier.describe(inquiry())
    assert len(stated) <= STATED_BYTES_MAX
    assert verifier.describe(inquiry()) == stated
    assert verifier.verify(inquiry()).status in VERDICTS


@pytest.mark.parametrize(
    ("states", "reason"),
    [("die", "it ended by signal 6"), ("hang", "no answer in 1 s"), ("raise", "the script says so")],
)
def test_words_that_never_come_cost_one_text_and_no_verdict(states: str, reason: str) -> None:
    verifier = apart(ScriptedStep("rejected", states=states), answer_s_max=1.0)
    try:
        verifier.open()
        assert verifier.verify(inquiry()).status == "rejected"
        with pytest.raises(VerifierError, match=reason):
            verifier.describe(inquiry())
        verifier.open()
        assert verifier.verify(inquiry()).status == "rejected"
    finally:
        verifier.close()


@pytest.mark.parametrize(("sign", "escaped_bytes"), [("v", 1), ("虚", 6), ("\0", 6), ("😀", 12)])
def test_a_text_that_is_too_long_is_cut_and_costs_no_process(sign: str, escaped_bytes: int) -> None:
    verifier = apart(ScriptedStep(states=sign * 100_000))
    try:
        verifier.verify(inquiry())
        before = verifier.process_id
        assert verifier.describe(inquiry()) == sign * (STATED_BYTES_MAX // escaped_bytes)
        assert verifier.process_id == before
    finally:
        verifier.close()


def test_a_package_that_writes_states_claims_in_its_own_process(tmp_path: Path) -> None:
    writes = write_vlm_package(tmp_path / "writes", "concatenated", writes=True)
    verifier = IsolatedVerifier(Wanted(str(writes), text_s_max=20.0), 30.0)
    try:
        verifier.verify(inquiry())
        assert verifier.describe(inquiry()).startswith('{"claims":')
    finally:
        verifier.close()


def test_it_may_be_opened_before_and_again(verifier: Verifier) -> None:
    verifier.open()
    verifier.open()
    assert verifier.verify(inquiry()).status in VERDICTS


def test_closing_twice_is_closing_once(verifier: Verifier) -> None:
    verifier.verify(inquiry())
    verifier.close()
    verifier.close()


def apart(*steps: ScriptedStep, answer_s_max: float = 20.0) -> IsolatedVerifier:
    return IsolatedVerifier(Wanted(steps=steps), answer_s_max)


@pytest.mark.parametrize(
    ("status", "reason"),
    [("die", "it ended by signal 6"), ("hang", "no answer in 0.5 s"), ("raise", "the script says so")],
)
def test_a_process_that_dies_hangs_or_refuses_costs_one_answer(status: str, reason: str) -> None:
    verifier = apart(ScriptedStep(status), ScriptedStep("rejected"), answer_s_max=0.5)  # type: ignore[arg-type]
    try:
        verifier.open()
        started_s = time.monotonic()
        with pytest.raises(VerifierError, match=reason):
            verifier.verify(inquiry())
        assert time.monotonic() - started_s < 10.0
        if status == "raise":
            assert verifier.verify(inquiry()).status == "rejected"
        else:
            assert verifier.process_id is None, "nothing of it is left"
    finally:
        verifier.close()


def test_a_killed_process_is_started_again_with_the_next_inquiry() -> None:
    verifier = apart(ScriptedStep())
    try:
        verifier.verify(inquiry())
        first = verifier.process_id
        assert first is not None
        os.kill(first, signal.SIGKILL)
        with pytest.raises(VerifierError, match="signal 9"):
            verifier.verify(inquiry())
        assert verifier.verify(inquiry()).status == "confirmed"
        assert verifier.process_id not in (None, first)
    finally:
        verifier.close()


def test_a_process_that_stands_still_takes_no_longer_to_be_asked_than_to_answer() -> None:
    verifier = IsolatedVerifier(Wanted(steps=(ScriptedStep(),)), 1.0)
    large = replace(inquiry(), exhibits=(Exhibit(1, np.zeros((640, 640, 3), np.uint8)),))
    try:
        assert verifier.verify(large)
        stopped = verifier.process_id
        assert stopped
        os.kill(stopped, signal.SIGSTOP)
        started_s = time.monotonic()
        with pytest.raises(VerifierError, match="it ended by signal 9"):
            verifier.verify(large)
        assert time.monotonic() - started_s < 10.0
        eventually(lambda: has_ended(stopped), 5.0, "the end of the process that stood still")
        assert verifier.verify(large)
    finally:
        verifier.close()


def test_a_forkserver_that_dies_costs_answers_and_another_one_is_started() -> None:
    verifier = apart(ScriptedStep())
    try:
        verifier.verify(inquiry())
        first = verifier.process_id
        assert first is not None
        server = starve_forkserver(first)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(VerifierError, match="signal 9"):
            verifier.verify(inquiry())
        with pytest.raises(VerifierError, match="cannot be started"):
            verifier.verify(inquiry())
        assert verifier.process_id is None
        verifier.close()
        eventually(lambda: has_ended(server), 10, "the forkserver is gone")
        assert verifier.verify(inquiry()).status == "confirmed"
        assert verifier.process_id is not None
        assert parent_of(verifier.process_id) != server
    finally:
        verifier.close()


def test_a_forkserver_that_was_killed_costs_nothing() -> None:
    verifier = apart(ScriptedStep())
    try:
        verifier.verify(inquiry())
        assert verifier.process_id is not None
        server = parent_of(verifier.process_id)
        os.kill(server, signal.SIGKILL)
        eventually(lambda: has_ended(server), 10, "the forkserver is gone")
        assert verifier.verify(inquiry()).status == "confirmed"
        verifier.close()
        assert verifier.verify(inquiry()).status == "confirmed"
    finally:
        verifier.close()


def test_a_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    verifier = IsolatedVerifier(Wanted(f"{tmp_path}/none"), 5.0)
    with pytest.raises(VerifierError, match=r"none: no readable card\.yaml"):
        verifier.verify(inquiry())


def test_a_model_that_wants_more_memory_than_it_may_have_is_refused_and_the_box_lives(package: Path) -> None:
    verifier = IsolatedVerifier(Wanted(str(package), data_bytes_max=24 * 2**20), 20.0)
    with pytest.raises(VerifierError):
        verifier.verify(inquiry())
    verifier.close()


def test_each_thread_of_its_process_gives_way_to_detection(package: Path) -> None:
    verifier = IsolatedVerifier(Wanted(str(package), threads=3), 30.0)
    try:
        verifier.verify(inquiry())
        threads = [int(path.name) for path in Path(f"/proc/{verifier.process_id}/task").iterdir()]
        assert len(threads) >= 3
        assert {os.getpriority(os.PRIO_PROCESS, thread) for thread in threads} == {19}
        assert Path(f"/proc/{verifier.process_id}/comm").read_text().strip() == "verifier"
    finally:
        verifier.close()
