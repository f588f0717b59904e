"""Who states claims about pictures: a package that writes, a chat server, or closed questions where nobody writes."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.vlm.answer import Answer, Verdict
from models.vlm.claims_question import HERE, About, claims_form, claims_prompt
from models.vlm.claims_question import TOKENS_MAX as SERVER_TOKENS_MAX
from models.vlm.closed_claims import agreed, closed_claim
from models.vlm.crop_claims import TOKENS_MAX, crop_form, prompt_about
from models.vlm.description import Shown
from models.vlm.questions import Language, Question, read_questions
from models.vlm.stated_claim import CLAIMS_MAX, read_claims

if TYPE_CHECKING:  # needs Pillow, tokenizers and llguidance, which a centre has not got
    from models.vlm.vlm import VisionLanguageModel

JPEG_QUALITY = 90


class Asks(Protocol):
    name: str

    def ask(self, image: NDArray[np.uint8], question: str, question_id: str | None = None, /) -> Answer: ...


class Chats(Protocol):
    @property
    def name(self) -> str: ...

    def chat(
        self, question: str, images: Sequence[bytes] = (), *, schema: Mapping[str, Any] | None, tokens_max: int
    ) -> str: ...


class PackageWriter:
    """A package that writes, held to the form while it does, crop by crop. seconds_max: for all of them."""

    def __init__(self, model: "VisionLanguageModel", seconds_max: float) -> None:
        self.name = model.name
        self._model = model
        self._seconds_max = seconds_max

    def write(self, about: About, shown: Sequence[Shown]) -> str:
        """One crop whose answer breaks off leaves the whole unreadable: nobody knows what it would have said."""
        end_s = time.monotonic() + self._seconds_max
        claims: list[Mapping[str, Any]] = []
        for one in shown:
            answer = self._model.generate(
                prompt_about(about),
                [one.picture],
                tokens_max=TOKENS_MAX,
                schema=crop_form(about),
                seconds_max=max(end_s - time.monotonic(), 0.001),
            ).text
            stated = _placed(answer, about.zone_id, {"track": one.track_id})
            if stated is None:
                return answer
            claims += (claim for claim in stated if claim not in claims)
        return json.dumps({"claims": claims[:CLAIMS_MAX]})


class ServerWriter:
    """A chat server, asked to keep to the form; whether it did is for the reader to see."""

    def __init__(self, server: Chats) -> None:
        self.name = server.name
        self._server = server

    def write(self, about: About, shown: Sequence[Shown]) -> str:
        prompt = claims_prompt(about, [one.track_id for one in shown])
        pictures = [_jpeg(one.picture) for one in shown]
        answer = self._server.chat(prompt, pictures, schema=claims_form(about), tokens_max=SERVER_TOKENS_MAX)
        stated = _placed(answer, about.zone_id, {})
        return answer if stated is None else json.dumps({"claims": stated})


class ClosedWriter:
    """Each question about the lead's type, asked of each crop with its mirrored control, and what both agree
    on is claimed.
    """

    def __init__(self, model: Asks, language: Language = "en") -> None:
        self.name = model.name
        self._model = model
        self._language = language

    def write(self, about: About, shown: Sequence[Shown]) -> str:
        claims: list[dict[str, Any]] = []
        for name, question in read_questions().items():
            if about.type_id not in question.types or not about.permits(name):
                continue
            for one in shown:
                claim = closed_claim(
                    name, self._asked(name, question, one), one.class_name, one.track_id, about.zone_id
                )
                if claim is not None:
                    claims.append(claim.model_dump(by_alias=True, exclude_none=True))
        return json.dumps({"claims": claims})

    def _asked(self, name: str, question: Question, one: Shown) -> Verdict:
        wording = question.wording(self._language)
        return agreed(
            self._model.ask(one.picture, wording.question, name), self._model.ask(one.picture, wording.control)
        )


def _placed(answer: str, zone_id: str, known: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """What was written, as claims about the lead. known: of each of them; of the crop of one subject its track, so a
    class that it is not does not hold. None for an answer that is not in the form, a broken-off one too.
    """
    stated = read_claims(answer)
    if stated is None:
        return None
    claims: list[Mapping[str, Any]] = []
    for one in stated:
        fields = one.model_dump(by_alias=True, exclude_none=True) | dict(known)
        if one.zone == HERE:
            fields["zone"] = zone_id
        claims.append(fields)
    return claims


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))[1].tobytes()
