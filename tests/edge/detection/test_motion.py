"""Motion on the small plane: changes that count, and those that do not."""

import numpy as np
from numpy.typing import NDArray

from edge.detection.motion import CELL_PX, MotionFinder

FPS = 10


def plane(level: float = 80.0) -> NDArray[np.float32]:
    return np.full((108, 192), level, np.float32)


def share(finder: MotionFinder, picture: NDArray[np.floating], index: int) -> float:
    return float(finder.observe(picture.clip(0, 255).astype(np.uint8), index / FPS).cells.mean())


def test_the_first_picture_counts_as_moved_and_a_still_one_never_again() -> None:
    finder = MotionFinder()
    assert [share(finder, plane(), index) for index in range(20)] == [1.0] + [0.0] * 19


def test_a_few_values_that_change_are_motion_in_their_cell_only() -> None:
    finder = MotionFinder()
    share(finder, plane(), 0)
    picture = plane()
    picture[50, 100:102] += 12
    motion = finder.observe(picture.astype(np.uint8), 0.1)
    assert np.argwhere(motion.cells).tolist() == [[50 // CELL_PX, 100 // CELL_PX]]


def test_a_brighter_exposure_is_no_motion() -> None:
    finder = MotionFinder()
    share(finder, plane(), 0)
    assert share(finder, plane(110), 1) == 0.0


def test_half_a_picture_that_changes_is_everything() -> None:
    finder = MotionFinder()
    share(finder, plane(), 0)
    picture = plane()
    picture[:, 100:] += 60
    picture[:, 60:] += 10
    assert finder.observe(picture.astype(np.uint8), 0.1).everywhere


def test_what_stopped_is_background_after_some_seconds() -> None:
    finder = MotionFinder()
    share(finder, plane(), 0)
    picture = plane()
    picture[40:60, 90:100] = 200
    shares = [share(finder, picture, index) for index in range(1, 100)]
    assert shares[0] > 0
    assert shares[10] > 0
    assert shares[70:] == [0.0] * 29


def test_noise_raises_the_bar_but_not_beyond_what_people_are() -> None:
    finder, chance = MotionFinder(), np.random.default_rng(3)
    noisy = [share(finder, plane() + chance.normal(0, 2.5, (108, 192)), index) for index in range(60)]
    assert max(noisy[10:]) < 0.002
    picture = plane() + chance.normal(0, 2.5, (108, 192))
    picture[50:56, 100:103] += 40
    assert share(finder, picture, 60) > 0


def test_another_size_begins_anew() -> None:
    finder = MotionFinder()
    share(finder, plane(), 0)
    assert finder.observe(np.zeros((100, 133), np.uint8), 0.1).cells.all()
