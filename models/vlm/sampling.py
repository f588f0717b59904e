"""Which token comes next."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError


@dataclass(frozen=True, slots=True)
class Sampling:
    """temperature 0: greedy, the likeliest token. top_k: among that many only; 0: all. top_p: among the fewest whose
    probabilities reach it. seed: the same seed, the same text.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.temperature <= 100 and self.top_k >= 0 and 0 < self.top_p <= 1 and self.seed >= 0):
            raise ModelError(f"{self}: temperature from 0 to 100, top_k and seed from 0, top_p above 0 up to 1")


GREEDY = Sampling()


class Sampler:
    def __init__(self, sampling: Sampling = GREEDY) -> None:
        self._sampling = sampling
        self._random = np.random.default_rng(sampling.seed)

    @property
    def greedy(self) -> bool:
        return self._sampling.temperature == 0

    def pick(self, logits: NDArray[np.float32]) -> int:
        """logits: (vocabulary,), -inf for what may not come. Raises ModelError when they are no numbers."""
        best = int(logits.argmax())
        if not math.isfinite(logits[best]):  # argmax finds a NaN, too
            raise ModelError("the language model's output is not a number; the package or its precision is broken")
        if self._sampling.temperature == 0:
            return best
        order = np.argsort(-logits, kind="stable")
        if self._sampling.top_k:
            order = order[: self._sampling.top_k]
        chances = softmax(logits[order] / self._sampling.temperature)
        before = np.cumsum(chances) - chances
        kept = int(np.count_nonzero(before < self._sampling.top_p))
        chances = chances[:kept] / chances[:kept].sum()
        return int(order[self._random.choice(kept, p=chances)])


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    exponents: NDArray[np.float64] = np.exp(logits.astype(np.float64) - logits.max())
    exponents /= exponents.sum()
    return exponents
