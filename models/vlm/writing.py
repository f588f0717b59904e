"""Token after token, until the model, the schema, the limit or the clock says that it is enough."""

import time
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.vlm.decoder import Decoder
from models.vlm.grammar import Answer
from models.vlm.sampling import Sampler

Ended = Literal["stop", "length", "time"]


@dataclass(slots=True)
class Writing:
    """table: (vocabulary, hidden) float32. answer: the grammar that the text keeps to. deadline_s: on
    `time.perf_counter`'s clock, as first_s, when the first token was known. ids: what was written so far, without the
    token that ended it.
    """

    decoder: Decoder
    table: NDArray[np.float32]
    stop: tuple[int, ...]
    sampler: Sampler
    answer: Answer | None
    tokens_max: int
    deadline_s: float
    ids: list[int] = field(default_factory=list)
    first_s: float = 0.0

    def run(self, logits: NDArray[np.float32]) -> Ended:
        """logits: of the prompt's last position. Raises ModelError."""
        while True:
            chosen = self._choose(logits)
            self.first_s = self.first_s or time.perf_counter()
            if not chosen:
                return "stop"
            room = self.tokens_max - len(self.ids)
            self.ids += chosen[:room]
            if len(chosen) <= room and self.answer and self.answer.done:
                return "stop"
            if len(self.ids) >= self.tokens_max or self.decoder.room < len(chosen):
                return "length"
            if time.perf_counter() > self.deadline_s:
                return "time"
            logits = self.decoder.extend(chosen, self.table[chosen])

    def _choose(self, logits: NDArray[np.float32]) -> list[int]:
        """The next tokens: those that the grammar forces, or the model's and those that it forces behind that one, all
        of which the network then reads at once; none when the text ends here.
        """
        if self.answer is None:
            token = self.sampler.pick(logits)
            return [] if token in self.stop else [token]
        if not self.ids and (forced := self.answer.forced()):
            return forced
        token = self._allowed(self.answer, logits)
        if token in self.stop:
            return []
        return [token] if self.answer.done else [token, *self.answer.forced()]

    def _allowed(self, answer: Answer, logits: NDArray[np.float32]) -> int:
        """Taken, unless it ends the text."""
        if self.sampler.greedy:
            token = answer.likeliest(logits, self.stop)
            if token is not None:
                return token
        token = self.sampler.pick(answer.mask(logits))
        if token not in self.stop:
            answer.take([token])
        return token
