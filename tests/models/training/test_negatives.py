"""What teaches that nothing is there: empty parts of pictures, and pictures in which a checkpoint is wrong."""

import numpy as np
import pytest

from models.training.detector.merging import WHOLE, Box, Region, Seen, overlap
from models.training.detector.negatives import EMPTY_WEIGHT, SIDES, WRONG_WEIGHT, cut, empty_part, weight_after, wrong

PIXELS = np.zeros((600, 800, 3), np.uint8)
CAR = (0.5, 0.5, 0.4, 0.3)


def part_beside(taken: list[Box], pixels: np.ndarray = PIXELS, seed: int = 0) -> Box | None:
    return empty_part(taken, pixels, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(20))
def test_an_empty_part_touches_nothing_and_lies_in_the_picture(seed: int) -> None:
    taken = [(0.2, 0.5, 0.3, 0.9), (0.45, 0.2, 0.1, 0.3)]
    part = part_beside(taken, seed=seed)
    assert part is not None
    assert all(overlap(part, box) == 0 for box in taken)
    x, y, width, height = part
    assert 0 <= x - width / 2 < x + width / 2 <= 1
    assert 0 <= y - height / 2 < y + height / 2 <= 1


def test_the_largest_part_is_taken_that_fits() -> None:
    assert part_beside([])[2] == SIDES[0]  # type: ignore[index]
    assert part_beside([(0.05, 0.5, 0.1, 1.0), (0.55, 0.1, 0.1, 0.2)])[2] in SIDES[:2]  # type: ignore[index]


def test_where_things_are_everywhere_or_the_picture_is_small_there_is_none() -> None:
    assert part_beside([WHOLE]) is None
    assert part_beside([], np.zeros((150, 200, 3), np.uint8)) is None


def test_a_part_is_cut_where_it_lies() -> None:
    pixels = PIXELS.copy()
    pixels[300:, 400:] = 255
    assert cut(pixels, (0.75, 0.75, 0.5, 0.5)).min() == 255
    assert cut(pixels, (0.75, 0.75, 0.5, 0.5)).shape == (300, 400, 3)


def test_a_box_with_neither_label_nor_doubt_is_wrong() -> None:
    seen = [Seen("car", 0.6, CAR)]
    assert wrong(seen, [], []) == {"car"}
    assert wrong(seen, [("car", (0.5, 0.52, 0.4, 0.3))], []) == frozenset()
    assert wrong(seen, [("truck", CAR)], []) == {"car"}, "a label of another class excuses nothing"
    assert wrong(seen, [], [Region(frozenset(["car"]), WHOLE)]) == frozenset()
    assert wrong(seen, [], [Region(frozenset(["plate"]), WHOLE)]) == {"car"}
    assert wrong([Seen("car", 0.29, CAR)], [], []) == frozenset()


def test_pictures_with_mistakes_are_drawn_oftener() -> None:
    assert weight_after("fire_smoke__a", 1.2, frozenset()) == 1.2
    assert weight_after("fire_smoke__a", 1.2, frozenset(["fire"])) > 1.2
    assert weight_after("fire_smoke__a__empty", EMPTY_WEIGHT, frozenset(["car", "fire"])) == WRONG_WEIGHT


def test_a_part_that_may_show_what_its_set_leaves_out_is_not_drawn() -> None:
    assert weight_after("fire_smoke__a__empty", EMPTY_WEIGHT, frozenset(["garbage"])) == 0
    assert weight_after("fire_smoke__a", 1.2, frozenset(["garbage"])) > 1.2, "whole pictures are taken as they are"
