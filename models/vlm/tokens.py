"""Text to tokens and back, the tokens that end an answer, and those that are one: yes, no, cannot tell."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tokenizers import Tokenizer

from models.errors import ModelError, PackageError
from models.vlm.prompt import AROUND_IMAGE, CONTROLS, END, IMAGE, START, WHOLE_IMAGE

TEXT_CHARACTERS_MAX = 100_000
REMEMBERED_MAX = 256  # texts whose tokens are kept: a few closed questions, again and again
REMEMBERED_CHARACTERS_MAX = 1000  # of one of them
FORMS = {
    "yes": ("yes", "Yes", "YES", "是"),
    "no": ("no", "No", "NO", "否"),
    "cannot_tell": ("cannot tell", "Cannot tell", "cannot", "Cannot", "unclear", "Unclear", "无法判断", "不清楚"),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """context_tokens: how many the decoder was made for. stop: what ends an answer, sorted."""

    size: int
    context_tokens: int
    image_token: int
    stop: tuple[int, ...]


class Tokens:
    """tokenizer: bytes of a `tokenizer.json`. config: bytes of a `config.json`, whose ids must be that tokenizer's.

    Raises PackageError.
    """

    def __init__(self, tokenizer: bytes, config: bytes, source: str) -> None:
        self.json = tokenizer.decode("utf-8", "replace")
        try:
            self._tokenizer = Tokenizer.from_buffer(tokenizer)
        except Exception as error:  # the library raises plain Exception
            raise PackageError(f"{source}: its tokenizer cannot be read: {_one_line(error)}") from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._controls = self._read_controls()
        if missing := [name for name in (IMAGE, AROUND_IMAGE, WHOLE_IMAGE, START, END) if name not in self._controls]:
            raise PackageError(f"{source}: its tokenizer has no {missing[0]}; not an Idefics3 or SmolVLM package")
        self._control_text = re.compile("|".join(re.escape(name) for name in self._controls))
        self._remembered = lru_cache(REMEMBERED_MAX)(self._encoded)
        self.vocabulary = _vocabulary(config, source, self._controls)
        if self._tokenizer.get_vocab_size() > self.vocabulary.size:
            raise PackageError(
                f"{source}: its tokenizer has {self._tokenizer.get_vocab_size()} tokens, its network "
                f"{self.vocabulary.size}: they do not belong together"
            )

    def _read_controls(self) -> dict[str, int]:
        added = {token.content: number for number, token in self._tokenizer.get_added_tokens_decoder().items()}
        merged = {name: self._tokenizer.token_to_id(name) for name in CONTROLS}
        return added | {name: number for name, number in merged.items() if number is not None}

    def control(self, name: str) -> int:
        """Raises ModelError when the vocabulary has no such token."""
        if name not in self._controls:
            raise ModelError(f"the tokenizer has no {name}; split the picture into fewer tiles, or not at all")
        return self._controls[name]

    def encode(self, text: str) -> list[int]:
        """Text that looks like a control token stays text: it is tokenised in two halves. Raises ModelError."""
        if len(text) > TEXT_CHARACTERS_MAX:
            raise ModelError(f"a text of {len(text)} characters; at most {TEXT_CHARACTERS_MAX}")
        if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ModelError("a text with half a character (a lone surrogate); give valid Unicode")
        return list(self._remembered(text) if len(text) <= REMEMBERED_CHARACTERS_MAX else self._encoded(text))

    def _encoded(self, text: str) -> tuple[int, ...]:
        return tuple(token for part in self._parts(text) for token in self._ids(part))

    def _parts(self, text: str) -> Iterator[str]:
        start = 0
        for found in self._control_text.finditer(text):
            yield text[start : found.start() + 1]
            start = found.start() + 1
        yield text[start:]

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Without control tokens. Raises ModelError for an id that no token has."""
        if outside := [token for token in ids if not 0 <= token < self.vocabulary.size]:
            raise ModelError(f"token id {outside[0]}; the vocabulary has {self.vocabulary.size}")
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=True)
        return text

    def answers(self) -> dict[str, tuple[int, ...]]:
        """The ids of `yes`, `no` and `cannot_tell`, each in small and capital letters, with and without a space.

        A form that is one token counts; where an answer has none, the first tokens of its Latin forms do that no other
        answer's form begins with. `cannot_tell` may be empty. Raises PackageError when `yes` or `no` is.
        """
        spelled = {
            name: {f"{space}{form}": self._ids(f"{space}{form}") for form in forms for space in ("", " ")}
            for name, forms in FORMS.items()
        }
        sets: dict[str, set[int]] = {}
        for name, forms in spelled.items():
            others = {ids[0] for other, theirs in spelled.items() if other != name for ids in theirs.values()}
            whole = {ids[0] for ids in forms.values() if len(ids) == 1}
            sets[name] = whole or {ids[0] for form, ids in forms.items() if form.isascii()} - others
        shared = set.intersection(sets["yes"], sets["no"]) | (sets["cannot_tell"] & (sets["yes"] | sets["no"]))
        if not (sets["yes"] and sets["no"]) or shared:
            raise PackageError("the tokenizer has no tokens of its own for yes and no; no closed question can be asked")
        return {name: tuple(sorted(ids)) for name, ids in sets.items()}


def _vocabulary(config: bytes, source: str, controls: dict[str, int]) -> Vocabulary:
    try:
        facts: dict[str, Any] = json.loads(config)
        text: dict[str, Any] = facts["text_config"]
        size, context = int(text["vocab_size"]), int(text["max_position_embeddings"])
        image_token = int(facts["image_token_id"])
        ends = [one for part in (facts, text) for one in _as_list(part.get("eos_token_id"))]
        stop = sorted({controls[END], *map(int, ends)})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PackageError(f"{source}: its config.json is no Idefics3 or SmolVLM one: {error!r}"[:300]) from error
    if image_token != controls[IMAGE]:
        raise PackageError(
            f"{source}: {IMAGE} is token {controls[IMAGE]} of its tokenizer, but its config.json says {image_token}: "
            "they do not belong together"
        )
    if not (0 < size <= 10_000_000 and 0 < context <= 10_000_000 and all(0 <= one < size for one in stop)):
        raise PackageError(f"{source}: its config.json says {size} tokens, {context} positions, ends {stop}")
    return Vocabulary(size, context, image_token, tuple(stop))


def _as_list(one_or_more: Any) -> list[Any]:
    if one_or_more is None:
        return []
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
