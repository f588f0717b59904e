"""A vision-language model: asked about pictures, or writing text, from one package.

Pictures come first in a prompt and stay in the cache, so that a second question about the same ones costs no more than
its own words. Not here: what is asked and when (the caller), how a file becomes pixels (`models/picture.py`).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.engine.engine import BindingEngine, Engine
from models.errors import ModelError, PackageError
from models.package import Package
from models.vlm.answer import Answer, judge
from models.vlm.decoder import Decoder
from models.vlm.grammar import Answer as GrammarAnswer
from models.vlm.grammar import Grammar
from models.vlm.image import read_preparation
from models.vlm.prompt import ImageTokens, Message, conversation
from models.vlm.sampling import GREEDY, Sampler, Sampling
from models.vlm.tokens import Tokens
from models.vlm.vision import Sight, VisionEncoder
from models.vlm.writing import Ended, Writing

CONTEXT_TOKENS = 2048
IMAGES_MAX = 16
TEXT_TOKENS_MAX = 4096
SECONDS_MAX = 600.0  # for one text, when the caller sets no limit
IDS_AT_ONCE = 4096

Picture = NDArray[np.uint8]
Key = int | tuple[bytes, int]
LoadEngine = Callable[[bytes], BindingEngine]
"""Bytes of an ONNX file -> the engine that has loaded it."""


@dataclass(frozen=True, slots=True)
class Text:
    """tokens: ids, without what ended it. ended: the model came to an end (or the schema did), or the limit of tokens
    or of time was reached; then a text under a schema may be cut off. first_ms: until the first token was known.
    """

    text: str
    tokens: tuple[int, ...]
    ended: Ended
    prompt_tokens: int
    first_ms: float
    ms: float


@dataclass(frozen=True, slots=True)
class Prompt:
    """keys: per position a token's id, or a picture's key and which of its features; sights: those pictures."""

    keys: tuple[Key, ...]
    sights: Mapping[bytes, Sight]


class VisionLanguageModel:
    """load: makes an engine of a network. context_tokens: the most that prompt and answer take together.

    Raises PackageError and EngineError, one line with what does not fit. Not for several threads at once.
    """

    def __init__(self, package: Package, load: LoadEngine, *, context_tokens: int = CONTEXT_TOKENS) -> None:
        card, parts = package.vlm_card, package.vlm_card.parts
        self.name, self.sha256, self.precision = card.name, package.sha256, card.precision
        self.tokens = Tokens(package.read_file(parts.tokenizer), package.read_file(parts.config), card.name)
        vocabulary = self.tokens.vocabulary
        self.answer_facts = card.answers
        self.writes = card.writes
        self._answer_sets = self.tokens.answers()
        self._image_tokens = card.image_tokens
        weights = package.read_file(parts.decoder)
        engine = load(weights)
        self.engine = engine.name
        context_tokens = min(context_tokens, vocabulary.context_tokens)
        self.decoder = Decoder(engine, weights, context_tokens, card.name)
        del weights
        layout = self.decoder.layout
        if layout.vocabulary != vocabulary.size:
            raise PackageError(
                f"{card.name}: {layout.vocabulary} logits, but {vocabulary.size} tokens in its config.json"
            )
        self._table = embedding_table(
            load(package.read_file(parts.embed_tokens)), vocabulary.size, layout.hidden, card.name
        )
        preparation = read_preparation(package.read_file(parts.preprocessor), f"{card.name}: {parts.preprocessor}")
        self.vision = VisionEncoder(
            load(package.read_file(parts.vision_encoder)),
            preparation,
            image_tokens=card.image_tokens,
            hidden=layout.hidden,
            source=card.name,
        )
        self._grammar: Grammar | None = None

    def see(self, image: Picture, *, split: bool = False) -> Sight:
        """What several questions about one picture share: asked about a Sight, they look at no pixel again. Raises as
        `ask`.
        """
        return self.vision.look(image, split=split)

    def ask(
        self, image: Picture | Sight, question: str, question_id: str | None = None, *, split: bool = False
    ) -> Answer:
        """One forward pass. image: (H, W, 3) uint8 BGR, the crop, or what `see` made of it. question: closed, its
        yes/no instruction is added. question_id: whose calibration applies.

        Raises ModelError: PictureError for what is no picture, EngineError when the device fails.
        """
        start_s = time.perf_counter()
        logits = self.read(self.prompt(question + self.answer_facts.instruction, (image,), split=split))
        answer = judge(logits, self._answer_sets, self.answer_facts, question_id, 0.0)
        return Answer(answer.verdict, answer.p_yes, answer.p_no, answer.mass, _ms_since(start_s))

    def generate(
        self,
        text: str,
        images: Sequence[Picture] = (),
        *,
        tokens_max: int = 64,
        sampling: Sampling = GREEDY,
        schema: Mapping[str, Any] | None = None,
        seconds_max: float | None = None,
        split: bool = False,
    ) -> Text:
        """text: what the user says after the pictures; without pictures, the language model alone answers. schema: JSON
        Schema that the text keeps to. Raises ModelError as `ask`, and for a schema that cannot be kept to.
        """
        start_s = time.perf_counter()
        if not 0 < tokens_max <= TEXT_TOKENS_MAX:
            raise ModelError(f"{tokens_max} tokens; from 1 to {TEXT_TOKENS_MAX} can be asked for")
        answer = self._schema(schema)
        prompt = self.prompt(text, images, split=split)
        logits = self.read(prompt)
        stop, deadline_s = self.tokens.vocabulary.stop, start_s + (seconds_max or SECONDS_MAX)
        writing = Writing(self.decoder, self._table, stop, Sampler(sampling), answer, tokens_max, deadline_s)
        ended = writing.run(logits)
        first_ms = (writing.first_s - start_s) * 1000
        ids = tuple(writing.ids)
        return Text(self.tokens.decode(ids), ids, ended, len(prompt.keys), first_ms, _ms_since(start_s))

    def prompt(self, text: str, images: Sequence[Picture | Sight] = (), *, split: bool = False) -> Prompt:
        """A user's turn: the pictures, then the text. Raises ModelError."""
        if len(images) > IMAGES_MAX:
            raise ModelError(f"{len(images)} pictures; at most {IMAGES_MAX} in one prompt")
        sights = [one if isinstance(one, Sight) else self.vision.look(one, split=split) for one in images]
        return self.spell([Message("user", (*(sight.grid for sight in sights), text))], sights)

    def spell(self, messages: Sequence[Message], sights: Sequence[Sight] = ()) -> Prompt:
        """sights: of the pictures that the messages have places for, in their order. Raises ModelError."""
        keys: list[Key] = []
        for piece in conversation(messages):
            if isinstance(piece, str):
                keys.extend(self.tokens.encode(piece))
            elif isinstance(piece, ImageTokens):
                key = sights[piece.image].key
                first = piece.tile * self._image_tokens
                keys.extend((key, first + index) for index in range(self._image_tokens))
            else:
                keys.append(self.tokens.control(piece.name))
        return Prompt(tuple(keys), {sight.key: sight for sight in sights})

    def read(self, prompt: Prompt) -> NDArray[np.float32]:
        """-> (vocabulary,) float32 logits of what comes next, valid until the next call. Raises ModelError."""

        def embed(start: int, stop: int) -> NDArray[np.float32]:
            embeddings = np.empty((stop - start, self._table.shape[1]), np.float32)
            for row, key in zip(embeddings, prompt.keys[start:stop], strict=True):
                if isinstance(key, int):
                    row[:] = self._table[key]
                else:
                    picture, index = key
                    row[:] = prompt.sights[picture].row(index)
            return embeddings

        if outside := [key for key in prompt.keys if isinstance(key, int) and not 0 <= key < len(self._table)]:
            raise ModelError(f"token id {outside[0]}; the vocabulary has {len(self._table)}")
        return self.decoder.read(prompt.keys, embed)

    def _schema(self, schema: Mapping[str, Any] | None) -> GrammarAnswer | None:
        if schema is None:
            return None
        if self._grammar is None:
            self._grammar = Grammar(self.tokens)
        return self._grammar.answer(schema)


def embedding_table(engine: Engine, size: int, hidden: int, source: str) -> NDArray[np.float32]:
    """(size, hidden) float32: what `embed_tokens` makes of every token, so that a step costs a row and no run.

    Raises PackageError.
    """
    if [tensor.name for tensor in engine.inputs] != ["input_ids"]:
        wanted = ", ".join(tensor.name for tensor in engine.inputs)
        raise PackageError(f"{source}: its embed_tokens wants {wanted}; an Idefics3 or SmolVLM export has input_ids")
    table = np.empty((size, hidden), np.float32)
    for start in range(0, size, IDS_AT_ONCE):
        ids = np.arange(start, min(start + IDS_AT_ONCE, size), dtype=np.int64)[None]
        rows = engine.run({"input_ids": ids})[0]
        if rows.shape != (1, ids.shape[1], hidden):
            raise PackageError(
                f"{source}: its embed_tokens makes {rows.shape} of {ids.shape[1]} tokens, not {hidden} each"
            )
        table[start : start + ids.shape[1]] = rows[0]
    return table


def _ms_since(start_s: float) -> float:
    return (time.perf_counter() - start_s) * 1000
