"""A text model with an end: it is not asked again once the time of its text is over."""

import time
from collections.abc import Callable

from models.errors import ModelError
from models.vlm.summary_writer import GrammarModel, TextModel

TEXT_S_MAX = 300.0


class TimedModel:
    """s_max: of a whole text, from now on; an answer that is under way then still comes. now_s: a monotonic clock."""

    def __init__(
        self, model: TextModel, s_max: float = TEXT_S_MAX, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = model.name
        self.takes_grammars = isinstance(model, GrammarModel) and model.takes_grammars
        self._model = model
        self._now_s = now_s
        self._s_max = s_max
        self._until_s = now_s() + s_max

    def complete(self, prompt: str, *, stop: str, tokens_max: int, seed: int, grammar: str | None = None) -> str:
        if self._now_s() > self._until_s:
            raise ModelError(f"no whole summary within {self._s_max:.0f} s")
        if grammar is not None and isinstance(self._model, GrammarModel):
            return self._model.complete(prompt, stop=stop, tokens_max=tokens_max, seed=seed, grammar=grammar)
        return self._model.complete(prompt, stop=stop, tokens_max=tokens_max, seed=seed)
