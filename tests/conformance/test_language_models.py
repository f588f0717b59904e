"""One suite for whatever writes text: our runtime with our model and with a random SmolVLM, chat servers, a script."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from models.registry import find_package
from models.vlm.chat_server import ChatServer, ServerAddress
from models.vlm.vlm import VisionLanguageModel
from tests.integration.test_chat_server import answer, serving
from tests.language_server import ANSWER_S_MAX
from tests.models.vlm.packages import open_vlm, write_vlm_package

WORDS = ("yes", "no", "cannot_tell")
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"enum": list(WORDS)}},
    "required": ["answer"],
    "additionalProperties": False,
}
QUESTION = "Is a lead a decision? Answer in the form."
Write = Callable[..., str]
"""(question, tokens_max=, schema=) -> text. Raises ModelError."""


def by_our_runtime(model: VisionLanguageModel) -> Write:
    def write(question: str, *, tokens_max: int, schema: Mapping[str, Any] | None = None) -> str:
        return model.generate(question, tokens_max=tokens_max, schema=schema).text

    return write


def by_chat(server: ChatServer) -> Write:
    def write(question: str, *, tokens_max: int, schema: Mapping[str, Any] | None = None) -> str:
        return server.chat(question, tokens_max=tokens_max, schema=schema)

    return write


def scripted(handler: Any, request: dict[str, Any]) -> None:
    said = '{"answer": "no"}' if "response_format" in request else "word " * request["max_tokens"]
    answer(handler, {"choices": [{"message": {"content": said}}]})


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vlm_package(tmp_path_factory.mktemp("vlm") / "tiny", "concatenated")


@pytest.fixture(params=["second-look-3m", "random SmolVLM", "llama.cpp server", "scripted server"])
def write(request: pytest.FixtureRequest, tiny: Path) -> Iterator[Write]:
    if request.param == "second-look-3m":
        yield by_our_runtime(open_vlm(find_package("second-look-3m")))
    elif request.param == "random SmolVLM":
        yield by_our_runtime(open_vlm(tiny))
    elif request.param == "llama.cpp server":
        url = request.getfixturevalue("language_server")
        yield by_chat(ChatServer(ServerAddress(url, "gemma3-270m", timeout_s=ANSWER_S_MAX)))
    else:
        with serving(scripted) as url:
            yield by_chat(ChatServer(ServerAddress(url, "scripted")))


def test_the_same_question_has_the_same_answer(write: Write) -> None:
    assert write(QUESTION, tokens_max=8) == write(QUESTION, tokens_max=8)


def test_an_answer_keeps_to_its_schema(write: Write) -> None:
    said = json.loads(write(QUESTION, tokens_max=64, schema=SCHEMA))
    assert list(said) == ["answer"]
    assert said["answer"] in WORDS


def test_more_tokens_are_more_text_and_few_are_few(write: Write) -> None:
    short, longer = write(QUESTION, tokens_max=1), write(QUESTION, tokens_max=6)
    assert len(short) <= len(longer)
    assert len(short) < 40
