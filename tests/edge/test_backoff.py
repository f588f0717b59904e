"""Waits grow, stay under their cap, and differ between boxes."""

from hypothesis import given
from hypothesis import strategies as st

from edge.backoff import Backoff

BACKOFF = Backoff(first_s=0.5, most_s=30.0)


@given(st.integers(0, 10**6), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_longer_than_its_cap_nor_shorter_than_half_the_first(tries: int, chance: float) -> None:
    assert 0.25 <= BACKOFF.delay_s(tries, chance) <= 30.0


@given(st.integers(0, 100), st.floats(0, 1, exclude_max=True))
def test_a_later_attempt_never_waits_less(tries: int, chance: float) -> None:
    assert BACKOFF.delay_s(tries + 1, chance) >= BACKOFF.delay_s(tries, chance)


def test_two_boxes_do_not_return_in_one_wave() -> None:
    assert BACKOFF.delay_s(6, 0.1) != BACKOFF.delay_s(6, 0.9)
