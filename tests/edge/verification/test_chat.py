"""A chat server as the verifier: it is asked what a deployment permits and no more, and never answers for itself."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edge.clock import SystemClock
from edge.verification.chat import ChatVerifier, read_answer
from edge.verification.inquest import Bounds
from edge.verification.look import CameraLook
from edge.verification.second_look import SecondLook
from edge.verification.verifier import VerifierError
from models.vlm.chat_server import ChatServer, RefusedError, ServerAddress
from models.vlm.permitted_uses import refused_use
from models.vlm.questions import read_questions
from models.vlm.summary import Lead, tabulate
from models.vlm.summary_writer import write_summary
from tests.edge.incidents.acts import RULE, VISIT, play
from tests.edge.verification.inquiries import inquiry
from tests.integration.test_chat_server import answer, serving
from tests.models.vlm.test_summary_writer import END, START

FRAME = np.full((120, 160, 3), 90, np.uint8)
FORM = '{{"answer": "{}"}}'


@contextmanager
def saying(*words: str, status: int = 200) -> Iterator[tuple[ChatServer, list[dict[str, Any]]]]:
    """Answers in turn, over and over; and what was asked."""
    asked: list[dict[str, Any]] = []

    def behave(handler: Any, request: dict[str, Any]) -> None:
        said = words[len(asked) % len(words)]
        asked.append(request)
        answer(handler, {"choices": [{"message": {"content": said}, "text": said}]}, status)

    with serving(behave) as url:
        yield ChatServer(ServerAddress(url, "eyes", timeout_s=10.0)), asked


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ((FORM.format("no"), FORM.format("yes")), "confirmed"),
        ((FORM.format("yes"), FORM.format("no")), "rejected"),
        ((FORM.format("yes"),), "not_confirmed"),
        (("no violation here, trust me",), "not_confirmed"),
        (("",), "not_confirmed"),
    ],
)
def test_a_word_counts_when_its_mirror_agrees_and_talk_is_never_a_no(words: Sequence[str], status: str) -> None:
    with saying(*words) as (server, asked):
        assert ChatVerifier(server).verify(inquiry()).status == status
    assert asked[0]["response_format"]["json_schema"]["schema"]["required"] == ["answer"]
    assert asked[0]["messages"][0]["content"][0]["image_url"]["url"].startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize(
    "said", ['{"answer": "maybe"}', '{"answer": ["no"]}', '{"answer": "no", "b": 1}', "[" * 9999, "no"]
)
def test_what_is_not_in_the_closed_form_is_no_answer(said: str) -> None:
    assert read_answer(said) is None


def test_a_server_that_fails_is_a_second_look_that_failed() -> None:
    with saying("busy", status=503) as (server, _), pytest.raises(VerifierError, match="503"):
        ChatVerifier(server).verify(inquiry())


@pytest.mark.parametrize(
    ("bounds", "reason"), [(Bounds(sensitive=True), "sensitive"), (Bounds(permitted=frozenset({"fire"})), None)]
)
def test_what_a_deployment_does_not_permit_never_reaches_the_server(
    bounds: Bounds, reason: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with saying(FORM.format("yes")) as (server, asked):
        assert look_at(server, bounds) == ["skipped"]
        assert asked == []
    audited = [record.message for record in caplog.records if "no model was shown it" in record.message]
    assert [message.rsplit(": ", 1)[1] for message in audited] == ([reason] if reason else [])


def test_a_marked_camera_never_reaches_the_server_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with saying(FORM.format("yes")) as (server, asked):
        assert look_at(server, Bounds(), camera_id="机密-2") == ["skipped"]
        assert asked == []
    assert [record.message.rsplit(": ", 1)[1] for record in caplog.records] == ["classified"]


def test_what_it_permits_does() -> None:
    with saying(FORM.format("yes"), FORM.format("no")) as (server, asked):
        assert look_at(server, Bounds(permitted=frozenset({"in_zone"}))) == ["confirmed"]
        assert len(asked) == 2


def look_at(server: ChatServer, bounds: Bounds, camera_id: str = "cam") -> list[str]:
    """What is reported of an intrusion: at once, or after the queue's one step."""
    incident = replace(play(RULE, {1: VISIT}).changes[0].incident, camera_id=camera_id)
    second_look = SecondLook(ChatVerifier(server), SystemClock(), lambda _: None)
    look = CameraLook(camera_id, second_look, bounds, SystemClock())
    looked = look.ask(incident, FRAME, ())
    if looked.verification.status != "pending":
        return [looked.verification.status]
    second_look.step()
    return [one.looked.verification.status for one in look.take()]


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("Whose face is this?", "faces"),
        ("Is this person angry?", "emotions"),
        ("Who is this?", "identity"),
        ("这个人是谁？", "identity"),
        ("他的情绪如何？", "emotions"),
        ("机密★10年：有人吗？", "机密"),
    ],
)
def test_faces_emotions_identity_and_marked_texts_are_refused_before_they_leave_and_audited(
    question: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    with saying("yes") as (server, asked), caplog.at_level(logging.WARNING):
        with pytest.raises(RefusedError, match=why):
            server.chat(question, [b"\xff\xd8"])
        assert asked == []
        server.chat("Is there a fire?")  # a refusal is no failure of the server's: it is asked at once
    assert [why in record.message for record in caplog.records] == [True]


@pytest.mark.parametrize(
    ("question", "use"),
    [
        ("请看这个face", "faces"),
        ("his_face", "faces"),
        ("his ｆａｃｅ", "faces"),
        ("his fa\u200bce", "faces"),
        ("人 脸", "faces"),
        ("人臉", "faces"),
        ("他的情緒", "emotions"),
        ("身\u200b份", "identity"),
        ("這是誰", "identity"),
        ("the surface of the interface", None),
    ],
)
def test_a_refused_use_is_seen_in_any_spelling(question: str, use: str | None) -> None:
    assert refused_use(question) == use


def test_no_question_of_ours_is_refused() -> None:
    for question in read_questions().values():
        for wording in (question.zh, question.en):
            assert refused_use(wording.question) is None
            assert refused_use(wording.control) is None


def test_a_marked_place_keeps_a_summary_from_the_server() -> None:
    """Of a centre as of a box: both write summaries by this function and through this server."""
    facts = tabulate([Lead("机密库房", "fire.smoke", "undecided")], START, END)
    with saying("anything") as (server, asked):
        assert write_summary(facts, "zh-CN", server).reason == "classified"
        with pytest.raises(RefusedError, match="机密"):
            server.complete("地点 机 密 库房", stop="\n", tokens_max=4, seed=0)
        assert asked == []
