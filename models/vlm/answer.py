"""What a closed question's single forward pass says: yes, no, or cannot tell."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.card import AnswerFacts
from models.errors import ModelError
from models.vlm.sampling import softmax

Verdict = Literal["yes", "no", "cannot_tell"]


@dataclass(frozen=True, slots=True)
class Answer:
    """p_yes, p_no: probability of the next token being one of that answer's. mass: of all three answers' together, so
    what cannot-tell has is `mass - p_yes - p_no`; the rest is talk. ms: how long it took.
    """

    verdict: Verdict
    p_yes: float
    p_no: float
    mass: float
    ms: float


def judge(
    logits: NDArray[np.float32],
    sets: Mapping[str, tuple[int, ...]],
    facts: AnswerFacts,
    question: str | None,
    ms: float,
) -> Answer:
    """logits: (vocabulary,). sets: token ids of `yes`, `no`, `cannot_tell`. question: whose calibration applies.

    Raises ModelError when logits are no numbers.
    """
    chances = softmax(logits)
    yes, no, unsure = (float(chances[list(sets[name])].sum()) for name in ("yes", "no", "cannot_tell"))
    if not math.isfinite(yes + no + unsure):
        raise ModelError("the language model's output is not a number; the package or its precision is broken")
    mass = min(1.0, yes + no + unsure)
    if (scale := facts.calibration.get(question or "")) and yes > 0 and no > 0:
        share = 1 / (1 + math.exp(-(scale.slope * math.log(yes / no) + scale.intercept)))
        yes, no = share * (yes + no), (1 - share) * (yes + no)
    verdict: Verdict = "yes" if yes > no else "no"
    if mass < facts.mass_min or max(yes, no) < facts.share_min * mass or unsure >= max(yes, no):
        verdict = "cannot_tell"
    return Answer(verdict, round(yes, 6), round(no, 6), round(mass, 6), round(ms, 2))
