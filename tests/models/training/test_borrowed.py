"""Crops of the second look that are asked what they cannot answer."""

import numpy as np

from models.training.vlm.second_look.borrowed import SHARE, Borrowed
from models.training.vlm.second_look.samples import PERSON_QUESTIONS, REPLIES, ZONE_QUESTIONS
from models.vlm.questions import read_questions

NAMES = list(read_questions())
UNCLEAR = REPLIES.index("unclear")
CROPS = [  # set, asked about, damage
    ("ppe_hardhat", "helmet_worn", ""),
    ("fire_smoke", "fire", ""),
    ("fire_smoke", "smoke", "blank"),
    ("garbage_bins", "litter", ""),
    ("street_vehicles", "fire", ""),
    ("street_vehicles", "stationary", ""),
    ("rider_helmet", "rider_helmet", ""),
]
OF_NO_PERSON, WITHOUT_ZONE = {1, 3}, {0, 4}
FACTS = {
    "picture": np.array([f"{name}/1" for name, _, _ in CROPS]),
    "question": np.array([question for _, question, _ in CROPS]),
    "damage": np.array([damage for _, _, damage in CROPS]),
}


def lent(count: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    crops = np.full(count, 6)
    rows = np.full(count, NAMES.index("rider_helmet"))
    return Borrowed(FACTS).lend(crops, rows, np.zeros(count, np.int64), np.random.default_rng(0))


def test_questions_about_people_go_to_crops_of_other_things_and_zones_to_crops_without_one() -> None:
    index, rows, replies = lent()
    changed = replies == UNCLEAR
    for questions, crops in ((PERSON_QUESTIONS, OF_NO_PERSON), (ZONE_QUESTIONS, WITHOUT_ZONE)):
        here = changed & np.isin(rows, [NAMES.index(one) for one in questions])
        assert set(index[here]) == crops
        assert {NAMES[row] for row in rows[here]} == set(questions)
        assert abs(here.mean() - SHARE[questions]) < 0.015


def test_what_is_not_replaced_stays_as_it_is() -> None:
    index, rows, replies = lent()
    kept = replies != UNCLEAR
    assert 0.85 < kept.mean() < 0.95
    assert set(index[kept]) == {6}
    assert set(rows[kept]) == {NAMES.index("rider_helmet")}
    assert set(replies[kept]) == {0}


def test_what_was_drawn_is_not_written_over() -> None:
    crops = np.full(500, 6)
    Borrowed(FACTS).lend(crops, crops.copy(), crops.copy(), np.random.default_rng(0))
    assert set(crops) == {6}
