"""Token after token, until the model, the schema, the limit or the clock says that it is enough."""

import math
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
            chosen = self._choose(logits)[: self.tokens_max - len(self.ids)]
            self.first_s = self.first_s or time.perf_counter()
            if not chosen:
                return "stop"
            self.ids += chosen
            if self.answer and self.answer.done:
                return "stop"
            if len(self.ids) >= self.tokens_max or self.decoder.room < len(chosen):
                return "length"
            if time.perf_counter() > self.deadline_s:
                return "time"
            logits = self.decoder.extend(chosen, self.table[chosen])

    def _choose(self, logits: NDArray[np.float32]) -> list[int]:
        """The next tokens: one, or all that the grammar forces; none when the text ends here."""
        if self.answer:
            if forced := self.answer.forced():
                self.answer.take(forced)
                return forced
            likeliest = self._likeliest(self.answer, logits)
            if likeliest is not None:
                return [likeliest]
            logits = self.answer.mask(logits)
        token = self.sampler.pick(logits)
        if token in self.stop:
            return []
        if self.answer:
            self.answer.take([token])
        return [token]

    def _likeliest(self, answer: Answer, logits: NDArray[np.float32]) -> int | None:
        """The likeliest token, taken, where no mask can change that it is chosen."""
        if not self.sampler.greedy:
            return None
        best = int(logits.argmax())  # finds a NaN, too
        number = math.isfinite(logits[best])
        return best if number and best not in self.stop and answer.takes(best) else None
