"""Any model behind an OpenAI-compatible HTTP server: llama.cpp, vLLM, Ollama, TensorRT-LLM.

The server is not trusted with our time: an answer has a deadline as a whole and a size, so one that streams for ever is
cut off; a failed one is not asked again before a growing pause is over, so that a queue of questions does not wait on
it; and no more requests than it may have run at once.
"""

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from models.errors import ModelError
from models.vlm.cutoff import Cutoff
from models.vlm.permitted_uses import refused_use
from models.vlm.secrecy import classification_mark

LOG = logging.getLogger(__name__)
ANSWER_BYTES_MAX = 1_000_000
SILENCE_FIRST_S = 1.0
SILENCE_MOST_S = 60.0


class ServerError(ModelError):
    """The server is away, too slow, refuses, or answers something else; the message says which and what to check."""


class RefusedError(ServerError):
    """The request was not sent: of what it holds, a model may not be asked here. The log says so each time."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """url: up to and without `/v1`. key: a bearer token, never shown; None: the server asks for none. takes_grammars:
    it is llama.cpp's, whose completions can be held to a grammar.
    """

    url: str
    model: str
    key: str | None = None
    timeout_s: float = 30.0
    concurrent_max: int = 2
    takes_grammars: bool = False

    def __repr__(self) -> str:
        return f"ServerAddress({self.url!r}, {self.model!r})"


class ChatServer:
    """Usable from several threads. now_s: a monotonic clock."""

    def __init__(
        self,
        address: ServerAddress,
        *,
        now_s: Callable[[], float] = time.monotonic,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {"Accept-Encoding": "identity"}  # a compressed answer could be of any size
        if address.key:
            headers["Authorization"] = f"Bearer {address.key}"
        self._address = address
        self._now_s = now_s
        # A transport of its own knows no proxy of the environment: pictures go to the server that was named. `Cutoff`
        # wants a connection for each request.
        way = transport or httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))
        self._http = httpx.Client(
            base_url=address.url.rstrip("/"), headers=headers, timeout=address.timeout_s, transport=way
        )
        self._places = threading.BoundedSemaphore(address.concurrent_max)
        self._lock = threading.Lock()
        self._failures = 0
        self._silent_until_s = 0.0

    @property
    def name(self) -> str:
        return self._address.model

    @property
    def takes_grammars(self) -> bool:
        return self._address.takes_grammars

    def close(self) -> None:
        """Who asks afterwards gets a ServerError."""
        self._http.close()

    def complete(self, prompt: str, *, stop: str, tokens_max: int, seed: int, grammar: str | None = None) -> str:
        """Continues a text. seed 0: greedy, else sampled at temperature 0.7. grammar: GBNF, for a server that takes
        grammars. Raises ServerError, RefusedError for a text with a classification mark.
        """
        self._refuse(classification_mark(prompt))
        body: dict[str, Any] = {
            "model": self._address.model,
            "prompt": prompt,
            "stop": [stop],
            "max_tokens": tokens_max,
            "temperature": 0.7 if seed else 0.0,
            "seed": seed,
        }
        if grammar is not None:
            body["grammar"] = grammar
        answer = self._post("/v1/completions", body)
        return self._text(answer, "text")

    def chat(
        self,
        question: str,
        images: Sequence[bytes] = (),
        *,
        schema: Mapping[str, Any] | None = None,
        tokens_max: int = 256,
    ) -> str:
        """One question about JPEG or PNG pictures; with a JSON schema the answer is held to it by the server, which its
        reader checks again all the same. Raises ServerError, RefusedError for a text with a classification mark or a
        question about faces, emotions or identity.
        """
        self._refuse(classification_mark(question) or refused_use(question))
        content: list[dict[str, Any]] = [
            {"type": "image_url", "image_url": {"url": f"data:{_media_type(image)};base64,{_base64(image)}"}}
            for image in images
        ]
        content.append({"type": "text", "text": question})
        body: dict[str, Any] = {
            "model": self._address.model,
            "messages": [{"role": "user", "content": content if images else question}],
            "max_tokens": tokens_max,
            "temperature": 0.0,
        }
        if schema is not None:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": schema},
            }
        message = self._choice(self._post("/v1/chat/completions", body)).get("message")
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise self._failed("its answer holds no text; is this an OpenAI-compatible server?")
        return str(message["content"])

    def _refuse(self, why: str | None) -> None:
        if why is not None:
            LOG.warning("%s: the model was not asked: %s", self._address.model, why)
            raise RefusedError(f"{self._address.model}: not asked, for the text is about or marked: {why}")

    def _text(self, answer: Mapping[str, Any], field: str) -> str:
        text = self._choice(answer).get(field)
        if not isinstance(text, str):
            raise self._failed("its answer holds no text; is this an OpenAI-compatible server?")
        return text

    def _choice(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        choices = answer.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise self._failed("its answer holds no choices; is this an OpenAI-compatible server?")
        first: dict[str, Any] = choices[0]
        return first

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        deadline_s = self._now_s() + self._address.timeout_s
        with self._lock:
            wait_s = self._silent_until_s - self._now_s()
        if wait_s > 0:
            raise ServerError(f"{self._address.url}: failed before; asked again in {wait_s:.0f} s")
        if not self._places.acquire(timeout=self._address.timeout_s):
            raise ServerError(
                f"{self._address.url}: {self._address.concurrent_max} requests are running and none ended within "
                f"{self._address.timeout_s:.0f} s"
            )
        try:
            answer = self._answer(path, body, deadline_s)
        finally:
            self._places.release()
        with self._lock:
            self._failures = 0
        return answer

    def _answer(self, path: str, body: Mapping[str, Any], deadline_s: float) -> dict[str, Any]:
        content, late = bytearray(), f"no whole answer within {self._address.timeout_s:.0f} s"
        cutoff = Cutoff(deadline_s - self._now_s())
        try:
            with cutoff, self._http.stream("POST", path, json=body, extensions=cutoff.extensions) as response:
                for piece in response.iter_raw():
                    content += piece
                    if self._now_s() > deadline_s:
                        raise self._failed(late)
                    if len(content) > ANSWER_BYTES_MAX:
                        raise self._failed(f"an answer of more than {ANSWER_BYTES_MAX} bytes")
                status, later = response.status_code, response.headers.get("Retry-After", "")
        except httpx.HTTPError as error:
            reason = late if cutoff.ended else f"{str(error) or type(error).__name__}; is the server running there?"
            raise self._failed(reason) from error
        except RuntimeError as error:  # httpx has no class of its own for this
            if not self._http.is_closed:
                raise
            raise ServerError(f"{self._address.url}: this end was closed") from error
        if cutoff.ended:  # of an answer without a length that is its end, as httpx sees it
            raise self._failed(late)
        if status != httpx.codes.OK:
            excerpt = " ".join(content[:200].decode("utf-8", "replace").split())
            raise self._failed(f"HTTP {status} for {path}: {excerpt}", float(later) if later.isdecimal() else 0.0)
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise self._failed(f"its answer is not JSON ({error})") from error
        if not isinstance(answer, dict):
            raise self._failed("its answer is not a JSON object")
        return answer

    def _failed(self, reason: str, asked_for_s: float = 0.0) -> ServerError:
        """asked_for_s: the pause that the server wants; no server gets more than the longest of ours."""
        with self._lock:
            pause_s = min(SILENCE_MOST_S, max(asked_for_s, SILENCE_FIRST_S * 2.0 ** min(self._failures, 32)))
            self._failures += 1
            self._silent_until_s = self._now_s() + pause_s
        return ServerError(f"{self._address.url}: {reason}")


def _media_type(image: bytes) -> str:
    return "image/png" if image.startswith(b"\x89PNG") else "image/jpeg"


def _base64(image: bytes) -> str:
    return base64.b64encode(image).decode("ascii")
