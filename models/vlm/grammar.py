"""Answers that keep to a JSON schema, whatever the model would rather say: `llguidance` masks the tokens."""

import json
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import llguidance
import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.vlm.tokens import Tokens

FORMS_MAX = 8  # schemas that are kept ready: the forms of a box's few zones
FORM_TOKENS_MAX = 4096  # read through one of them before it is made anew: its lexer keeps every state that it met


class Form:
    """A schema made ready, in a millisecond or so. Each text walks through a copy of its matcher, in microseconds; the
    copies share the lexer, whose states are found once and not once per text.
    """

    def __init__(self, matcher: Any) -> None:
        self._matcher = matcher
        self.tokens = 0

    def matcher(self) -> Any:
        return self._matcher.deep_copy()


class Grammar:
    """The tokenizer as llguidance needs it; made once for a package (milliseconds), then one `Answer` per text."""

    def __init__(self, tokens: Tokens) -> None:
        self._forms: OrderedDict[str, Form] = OrderedDict()
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
            text = json.dumps(schema)
        except (ValueError, TypeError) as error:
            raise ModelError(f"not a JSON schema that can be kept to: {_one_line(error)}") from error
        form = self._forms.get(text)
        if form is None or form.tokens >= FORM_TOKENS_MAX:
            form = self._forms[text] = self._form(text)
        self._forms.move_to_end(text)
        while len(self._forms) > FORMS_MAX:
            self._forms.popitem(last=False)
        return Answer(form, self._size)

    def _form(self, schema: str) -> Form:
        try:
            text = llguidance.LLMatcher.grammar_from_json_schema(schema, defaults={"whitespace_flexible": False})
            matcher = llguidance.LLMatcher(self._tokenizer, text)
        except (ValueError, TypeError) as error:
            raise ModelError(f"not a JSON schema that can be kept to: {_one_line(error)}") from error
        if matcher.is_error():
            raise ModelError(f"not a JSON schema that can be kept to: {_one_line(matcher.get_error())}")
        return Form(matcher)


class Answer:
    """One text on its way through the grammar."""

    def __init__(self, form: Form, size: int) -> None:
        self._form = form
        self._matcher = form.matcher()
        self._mask = np.zeros((size + 31) // 32, np.int32)
        self._size = size

    def forced(self) -> list[int]:
        """Tokens that alone can come next, taken: nobody needs to be asked for them."""
        taken: list[int] = []
        while ids := self._matcher.compute_ff_tokens():
            self.take(ids)
            taken += ids
        return taken

    def likeliest(self, logits: NDArray[np.float32], stop: Sequence[int]) -> int | None:
        """The likeliest token, the first of equals, where it may come: taken, unless it is one of `stop`, with which
        the text ends. None: it may not, or logits are no numbers; then `mask` decides.
        """
        best = int(logits.argmax())  # finds a NaN, too
        if not math.isfinite(logits[best]):
            return None
        if best in stop:
            return best if self._matcher.is_accepting() else None
        if not self._matcher.try_consume_tokens([best]):
            return None
        self._form.tokens += 1
        return best

    def mask(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """(vocabulary,) logits -> the same with -inf for what may not come next."""
        self._matcher.unsafe_compute_mask_ptr(self._mask.ctypes.data, self._mask.nbytes)
        self._raise_error()
        allowed = np.unpackbits(self._mask.view(np.uint8), count=self._size, bitorder="little").view(np.bool_)
        return np.where(allowed, logits, np.float32(-np.inf))

    def take(self, tokens: list[int]) -> None:
        """Raises ModelError when they may not come next."""
        self._form.tokens += len(tokens)
        self._matcher.consume_tokens(tokens)
        self._raise_error()

    @property
    def done(self) -> bool:
        """Nothing may follow. Raises ModelError when that is for a fault."""
        stopped = bool(self._matcher.is_stopped())
        if stopped:
            self._raise_error()
        return stopped

    def _raise_error(self) -> None:
        if self._matcher.is_error():
            raise ModelError(f"llguidance stopped: {_one_line(self._matcher.get_error())}")


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300]
