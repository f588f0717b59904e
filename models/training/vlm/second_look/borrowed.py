"""Questions that a crop cannot answer, asked about crops kept for another question: what the encoder makes of a
crop does not depend on the question. So `unrelated` and `unmarked` learn from thousands of crops.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.vlm.second_look.samples import FOREIGN, PERSON_QUESTIONS, REPLIES, ZONE_QUESTIONS
from models.vlm.questions import read_questions

SHARE = {PERSON_QUESTIONS: 0.06, ZONE_QUESTIONS: 0.04}  # of what is learned from
SEEN_IN = ("street_vehicles", "ppe_hardhat")  # the sets whose people and vehicles the zone questions are about

Indices = NDArray[np.int64]


class Borrowed:
    """facts: of every kept crop, as `views.facts` has them."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        names, clear = list(read_questions()), facts["damage"] == ""
        lent = {
            PERSON_QUESTIONS: clear & ~_asked(facts, PERSON_QUESTIONS + ZONE_QUESTIONS) & _from(facts, FOREIGN),
            ZONE_QUESTIONS: clear & ~_asked(facts, ZONE_QUESTIONS) & _from(facts, SEEN_IN),
        }
        self._kinds = [
            (SHARE[questions], np.flatnonzero(crops), np.array([names.index(one) for one in questions]))
            for questions, crops in lent.items()
        ]

    def lend(
        self, index: Indices, rows: Indices, replies: Indices, random: np.random.Generator
    ) -> tuple[Indices, Indices, Indices]:
        """Of a batch of crops, the questions asked about them and the right replies, all (n,), a share replaced."""
        index, rows, replies = index.copy(), rows.copy(), replies.copy()
        lot, low = random.random(len(index)), 0.0
        for share, crops, questions in self._kinds:
            here = (low <= lot) & (lot < low + share)
            low += share
            index[here] = random.choice(crops, int(here.sum()))
            rows[here] = random.choice(questions, int(here.sum()))
            replies[here] = REPLIES.index("unclear")
        return index, rows, replies


def _asked(facts: Mapping[str, Any], questions: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.isin(facts["question"], questions)


def _from(facts: Mapping[str, Any], sets: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.logical_or.reduce([np.char.startswith(facts["picture"], one) for one in sets])
