"""Averages of encoders that began at one start."""

import pytest

torch = pytest.importorskip("torch", reason="needs torch (extra train)")

from models.training.vlm.second_look.soup import STARTS, mixed, soups  # noqa: E402


def state(value: float) -> dict[str, object]:
    return {"weight": torch.full((2, 2), float(value)), "seen": torch.tensor(7)}


def test_a_mean_is_of_each_weight_and_counters_stay() -> None:
    mean = mixed([state(1), state(3), state(5)], [0.5, 0.25, 0.25])
    assert torch.equal(mean["weight"], torch.full((2, 2), 2.5))
    assert torch.equal(mean["seen"], torch.tensor(7))


def test_each_run_and_all_of_them_are_mixed_with_the_start() -> None:
    made = dict(soups(state(0), [state(1), state(2)]))
    assert len(made) == 3 * len(STARTS)
    assert {round(float(one["weight"][0, 0]), 6) for one in made.values()} >= {1.0, 2.0, 1.5, 0.8}
