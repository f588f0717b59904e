"""Geometry of lines, on examples and on random ways."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.rules.line import Direction, Line
from edge.rules.zone import Point

ACROSS = ((0.1, 0.5), (0.9, 0.5))

inside = st.floats(0.15, 0.85)
above = st.floats(0.0, 0.49)
below = st.floats(0.51, 1.0)


@given(inside, above, inside, below)
def test_a_way_from_one_side_to_the_other_crosses(x1: float, y1: float, x2: float, y2: float) -> None:
    line = Line("gate", ACROSS)
    assert line.crossed_between((x1, y1), (x2, y2))
    assert line.crossed_between((x2, y2), (x1, y1))


@given(inside, above, inside, above)
def test_a_way_on_one_side_does_not(x1: float, y1: float, x2: float, y2: float) -> None:
    assert not Line("gate", ACROSS).crossed_between((x1, y1), (x2, y2))


@given(st.floats(0.91, 1.0), above, st.floats(0.91, 1.0), below)
def test_a_way_around_the_end_does_not(x1: float, y1: float, x2: float, y2: float) -> None:
    assert not Line("gate", ACROSS).crossed_between((x1, y1), (x2, y2))


@given(st.lists(st.tuples(inside, st.floats(0.0, 1.0, width=32)), min_size=2, max_size=8))
def test_a_way_of_many_pieces_crosses_as_often_as_its_ends_say(way: list[Point]) -> None:
    """Odd from one side to the other, even back to the same one; also where a piece ends exactly on the line."""
    line = Line("gate", ACROSS)
    crossings = sum(line.crossed_between(a, b) for a, b in pairwise(way))
    assert crossings % 2 == ((way[0][1] > 0.5) != (way[-1][1] > 0.5))


@given(st.tuples(inside, inside), st.tuples(inside, inside), st.tuples(inside, inside), st.tuples(inside, inside))
def test_the_order_of_the_two_points_of_a_line_does_not_matter(a: Point, b: Point, before: Point, after: Point) -> None:
    line, turned = Line("l", (ACROSS[0], b)), Line("l", (b, ACROSS[0]))
    assume(min(line.distance(before), line.distance(after)) > 1e-9)
    assert line.crossed_between(before, after) == turned.crossed_between(before, after)
    assert line.distance(a) == pytest.approx(turned.distance(a))


@pytest.mark.parametrize(
    ("direction", "up", "down", "left", "right"),
    [
        ("up", True, False, False, False),
        ("down", False, True, False, False),
        ("left", False, False, True, False),
        ("right", False, False, False, True),
        ("either", True, True, True, True),
    ],
)
def test_the_direction_is_the_movement_in_the_picture(
    direction: Direction, up: bool, down: bool, left: bool, right: bool
) -> None:
    line = Line("gate", ACROSS, direction=direction)
    assert line.breaks((0.5, 0.6), (0.5, 0.4)) == up
    assert line.breaks((0.5, 0.4), (0.5, 0.6)) == down
    assert line.breaks((0.6, 0.5), (0.4, 0.5)) == left
    assert line.breaks((0.4, 0.5), (0.6, 0.5)) == right


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        (((0.1, 0.5), (0.1, 0.5)), "both points are the same"),
        (((0.1, 0.5), (700.0, 0.5)), "outside the picture"),
        (((0.1, 0.5), (0.5, 0.5), (0.9, 0.5)), "2 points, not 3"),
    ],
)
def test_a_line_that_is_none_is_told_what_is_wrong(points: tuple[Point, Point], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Line("gate", points)
