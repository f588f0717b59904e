"""Answers that keep to a JSON schema, whatever the model would rather say: `llguidance` masks the tokens."""

import json
from collections.abc import Mapping
from typing import Any

import llguidance
import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.vlm.tokens import Tokens


class Grammar:
    """The tokenizer as llguidance needs it; made once for a package (milliseconds), then one `Answer` per text."""

    def __init__(self, tokens: Tokens) -> None:
        self._size = tokens.vocabulary.size
        try:
            self._tokenizer = llguidance.LLTokenizer(
                tokens.json, n_vocab=self._size, eos_token=list(tokens.vocabulary.stop)
            )
        except ValueError as error:
            raise ModelError(f"llguidance cannot read this tokenizer: {_one_line(error)}") from error

    def answer(self, schema: Mapping[str, Any]) -> "Answer":
        """schema: JSON Schema. Raises ModelError for what is none, or cannot be kept to."""
        try:
            text = llguidance.LLMatcher.grammar_from_json_schema(
                json.dumps(schema), defaults={"whitespace_flexible": False}
            )
            matcher = llguidance.LLMatcher(self._tokenizer, text)
        except (ValueError, TypeError) as error:
            raise ModelError(f"not a JSON schema that can be kept to: {_one_line(error)}") from error
        if matcher.is_error():
            raise ModelError(f"not a JSON schema that can be kept to: {_one_line(matcher.get_error())}")
        return Answer(matcher, self._size)


class Answer:
    """One text on its way through the grammar."""

    def __init__(self, matcher: Any, size: int) -> None:
        self._matcher = matcher
        self._mask = np.zeros((size + 31) // 32, np.int32)
        self._size = size

    def forced(self) -> list[int]:
        """Tokens that alone can come next: nobody needs to be asked for them."""
        ids: list[int] = self._matcher.compute_ff_tokens()
        return ids

    def mask(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """(vocabulary,) logits -> the same with -inf for what may not come next."""
        self._matcher.unsafe_compute_mask_ptr(self._mask.ctypes.data, self._mask.nbytes)
        self._raise_error()
        allowed = np.unpackbits(self._mask.view(np.uint8), count=self._size, bitorder="little").view(np.bool_)
        return np.where(allowed, logits, np.float32(-np.inf))

    def takes(self, token: int) -> bool:
        """Whether this one may come next; then it is taken. A fifth of what the mask of all costs."""
        return bool(self._matcher.try_consume_tokens([token]))

    def take(self, tokens: list[int]) -> None:
        """Raises ModelError when they may not come next."""
        self._matcher.consume_tokens(tokens)
        self._raise_error()

    @property
    def done(self) -> bool:
        """Nothing may follow."""
        return bool(self._matcher.is_stopped())

    def _raise_error(self) -> None:
        if self._matcher.is_error():
            raise ModelError(f"llguidance stopped: {_one_line(self._matcher.get_error())}")


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300]
