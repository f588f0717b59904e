"""Adapter: a vision-language model behind an OpenAI-compatible server as the verifier."""

import hashlib
import json
import time
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.incident_report import Verification
from edge.verification.inquiry import Exhibit, Inquiry
from edge.verification.planted_text import holds_planted_text
from edge.verification.verdict import Statement, conclude
from edge.verification.verifier import Verifier, VerifierError
from models.errors import ModelError
from models.vlm.answer import Answer, Verdict
from models.vlm.claims_writers import Chats, ServerWriter
from models.vlm.description import Shown
from models.vlm.questions import Language, find_question

INSTRUCTION: dict[Language, str] = {
    "en": " Answer yes, no or cannot_tell.",
    "zh-CN": " 只回答 yes、no 或 cannot_tell。",
}
ANSWERS: tuple[Verdict, ...] = ("yes", "no", "cannot_tell")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"answer": {"enum": list(ANSWERS)}},
    "required": ["answer"],
    "additionalProperties": False,
}
TOKENS_MAX = 24
JPEG_QUALITY = 90


class ClosingChats(Chats, Protocol):
    def close(self) -> None: ...


class ChatVerifier(Verifier):
    """Two requests a question and crop. A server says no probabilities: a word is 1 or nothing, and what is none of the
    three words is cannot-tell. sha256: of the model's name there; whose weights answer is for who runs the server.
    """

    def __init__(self, server: ClosingChats, language: Language = "en") -> None:
        self.name = server.name
        self.sha256 = hashlib.sha256(server.name.encode()).hexdigest()
        self._server = server
        self._language = language

    def verify(self, inquiry: Inquiry) -> Verification:
        start_s = time.perf_counter()
        planted = any(holds_planted_text(exhibit.crop) for exhibit in inquiry.exhibits)
        try:
            statements = [
                self._statement(exhibit, question_id)
                for exhibit in inquiry.exhibits
                for question_id in inquiry.question_ids
            ]
        except ModelError as error:
            raise VerifierError(str(error)) from error
        return conclude(statements, suspicious_text=planted, ms=(time.perf_counter() - start_s) * 1000)

    def describe(self, inquiry: Inquiry) -> str:
        shown = [Shown(one.track_id, one.class_name, one.crop) for one in inquiry.exhibits]
        try:
            return ServerWriter(self._server).write(inquiry.about, shown)
        except ModelError as error:
            raise VerifierError(str(error)) from error

    def close(self) -> None:
        self._server.close()

    def _statement(self, exhibit: Exhibit, question_id: str) -> Statement:
        wording = find_question(question_id).wording(self._language)
        picture = _jpeg(exhibit.crop)
        answer, control = self._answer(wording.question, picture), self._answer(wording.control, picture)
        return Statement(question_id, exhibit.track_id, answer, control)

    def _answer(self, question: str, picture: bytes) -> Answer:
        start_s = time.perf_counter()
        said = self._server.chat(
            question + INSTRUCTION[self._language], [picture], schema=SCHEMA, tokens_max=TOKENS_MAX
        )
        verdict = read_answer(said)
        ms = round((time.perf_counter() - start_s) * 1000, 2)
        if verdict is None:
            return Answer("cannot_tell", 0.0, 0.0, 0.0, ms)
        return Answer(verdict, float(verdict == "yes"), float(verdict == "no"), 1.0, ms)


def read_answer(said: str) -> Verdict | None:
    """The word in the closed form, else None; never a guess from what else it may hold."""
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or set(answer) != {"answer"}:
        return None
    return next((word for word in ANSWERS if word == answer["answer"]), None)


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))[1].tobytes()
