"""Any stamps in, one scale out: from 0, without breaks, in an order that a muxer takes."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.timeline import Timeline

MS = Fraction(1, 1000)
stamp = st.none() | st.integers(-(2**40), 2**40)


def timeline() -> Timeline:
    return Timeline(MS, interval=40)


def test_the_first_picture_shown_is_at_zero_wherever_the_counter_stood() -> None:
    assert timeline().place(5_000, 4_920, 40) == (0, -80)


def test_good_stamps_are_kept_as_they_are() -> None:
    line = timeline()
    stamps = [(1000, 960), (1120, 1000), (1040, 1040), (1080, 1080)]  # two B pictures
    assert [line.place(pts, dts, 40) for pts, dts in stamps] == [(0, -40), (120, 0), (40, 40), (80, 80)]


def test_missing_stamps_follow_at_the_stream_s_rate() -> None:
    line = timeline()
    assert [line.place(None, None, None)[0] for _ in range(4)] == [0, 40, 80, 120]


def test_a_counter_that_starts_again_goes_on_after_the_last_picture() -> None:
    line = timeline()
    for pts in (90_000, 90_040, 90_080):
        line.place(pts, pts, 40)
    assert line.place(0, 0, 40) == (120, 120)
    assert line.place(40, 40, 40) == (160, 160)


def test_a_jump_of_hours_is_a_broken_counter_a_pause_of_seconds_is_a_pause() -> None:
    line = timeline()
    line.place(0, 0, 40)
    assert line.place(5_000, 5_000, 40)[0] == 5_000
    assert line.place(7_200_000, 7_200_000, 40)[0] == 5_040


def test_small_steps_back_do_not_bend_what_follows() -> None:
    line = timeline()
    placed = [line.place(pts, pts, 40)[0] for pts in (0, 40, 40, 30, 120)]
    assert placed == [0, 40, 41, 42, 120]


def test_matroska_that_tells_no_decoding_time_at_first_is_not_bent() -> None:
    stamps = [(0, None), (300, None), (200, 0), (100, 100), (600, 200)]
    line = Timeline(MS, interval=100)
    placed = [line.place(pts, dts, 100) for pts, dts in stamps]
    assert [pts for pts, _ in placed] == [0, 300, 200, 100, 600]
    assert all(one[1] < two[1] for one, two in pairwise(placed))


def test_a_file_that_loops_goes_on_though_it_decodes_ahead() -> None:
    line = timeline()
    first = [line.place(pts, dts, 40) for pts, dts in ((80, 0), (160, 40), (120, 80))]
    line.restart()
    second = [line.place(pts, dts, 40) for pts, dts in ((80, 0), (160, 40), (120, 80))]
    assert all(one[1] < two[1] for one, two in pairwise(first + second))
    assert second[0][0] >= first[-1][0] + 40


@given(st.lists(st.tuples(stamp, stamp, st.none() | st.integers(0, 1000))))
def test_whatever_comes_dts_rises_and_pts_is_never_before_it(
    stamps: list[tuple[int | None, int | None, int | None]],
) -> None:
    line = timeline()
    placed = [line.place(*one) for one in stamps]
    assert all(one[1] < two[1] for one, two in pairwise(placed))
    assert all(pts >= dts for pts, dts in placed)


def test_a_time_base_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        Timeline(Fraction(0), 1)
