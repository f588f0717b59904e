"""Geometry of zones, on examples and on random shapes."""

import math
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.rules.zone import FRAME, Point, Zone, anchor_of, point_in_polygon, polygon_fault

SQUARE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
U_SHAPE = ((0.1, 0.1), (0.3, 0.1), (0.3, 0.7), (0.7, 0.7), (0.7, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))

coordinates = st.floats(0.0, 1.0, width=32)
points = st.tuples(coordinates, coordinates)


@st.composite
def stars(draw: st.DrawFn) -> tuple[Point, ...]:
    """A polygon around the middle of the picture, its corners in order of their angle: simple by construction."""
    count = draw(st.integers(3, 12))
    radii = draw(st.lists(st.floats(0.05, 0.5), min_size=count, max_size=count))
    angles = [2 * math.pi * index / count for index in range(count)]
    return tuple(
        (0.5 + radius * math.cos(angle), 0.5 + radius * math.sin(angle))
        for radius, angle in zip(radii, angles, strict=True)
    )


def winding_number(point: Point, polygon: tuple[Point, ...]) -> int:
    """By summed angles: slow, and nothing like the even-odd rule that it checks."""
    total = 0.0
    for (ax, ay), (bx, by) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        step = math.atan2(by - point[1], bx - point[0]) - math.atan2(ay - point[1], ax - point[0])
        total += (step + math.pi) % (2 * math.pi) - math.pi
    return round(total / (2 * math.pi))


def distance_to_edges(point: Point, polygon: tuple[Point, ...]) -> float:
    def to_segment(a: Point, b: Point) -> float:
        dx, dy = b[0] - a[0], b[1] - a[1]
        along = ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / (dx * dx + dy * dy)
        along = min(max(along, 0.0), 1.0)
        return math.hypot(a[0] + along * dx - point[0], a[1] + along * dy - point[1])

    return min(to_segment(a, b) for a, b in zip(polygon, (*polygon[1:], polygon[0]), strict=True))


@given(points, stars())
def test_a_point_is_inside_exactly_when_the_polygon_winds_around_it(point: Point, polygon: tuple[Point, ...]) -> None:
    assume(distance_to_edges(point, polygon) > 1e-6)
    assert point_in_polygon(point, polygon) == (winding_number(point, polygon) != 0)


@given(stars(), st.integers(0, 11), st.booleans(), points)
def test_where_a_polygon_begins_and_which_way_it_goes_does_not_matter(
    polygon: tuple[Point, ...], shift: int, backwards: bool, point: Point
) -> None:
    shift %= len(polygon)
    other = polygon[shift:] + polygon[:shift]
    other = other[::-1] if backwards else other
    assume(distance_to_edges(point, polygon) > 1e-6)
    assert point_in_polygon(point, polygon) == point_in_polygon(point, other)


@given(stars())
def test_corners_in_order_around_a_middle_make_a_simple_polygon(polygon: tuple[Point, ...]) -> None:
    assert polygon_fault(polygon) is None


@given(st.integers(4, 12), st.data())
def test_two_corners_exchanged_in_a_convex_polygon_cross(count: int, data: st.DataObject) -> None:
    circle = [
        (0.5 + 0.4 * math.cos(2 * math.pi * k / count), 0.5 + 0.4 * math.sin(2 * math.pi * k / count))
        for k in range(count)
    ]
    first = data.draw(st.integers(0, count - 1))
    second = (first + 1) % count
    circle[first], circle[second] = circle[second], circle[first]
    assert "crosses itself" in (polygon_fault(circle) or "")


@given(stars(), st.floats(0.0, 1.0), st.data())
def test_the_edge_belongs_to_the_zone(polygon: tuple[Point, ...], along: float, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(polygon) - 1))
    (ax, ay), (bx, by) = polygon[index], polygon[(index + 1) % len(polygon)]
    assert point_in_polygon((ax + along * (bx - ax), ay + along * (by - ay)), polygon)


@pytest.mark.parametrize(
    ("point", "inside"),
    [((0.2, 0.3), True), ((0.5, 0.3), False), ((0.5, 0.8), True), ((0.8, 0.2), True), ((0.95, 0.5), False)],
)
def test_a_hollow_in_the_zone_is_outside(point: Point, inside: bool) -> None:
    assert point_in_polygon(point, U_SHAPE) == inside


@pytest.mark.parametrize(
    ("polygon", "fault"),
    [
        (SQUARE, None),
        (U_SHAPE, None),
        (((0.1, 0.1), (0.9, 0.9)), "a polygon has 3 to 64 points, not 2"),
        (((0.0, 0.0), (640, 0.0), (640, 480)), "point 2 [640, 0] is outside the picture"),
        ((*SQUARE, SQUARE[0]), "the first point stands again at the end"),
        ((SQUARE[0], *SQUARE), "points 1 and 2 are the same"),
        ((SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]), "crosses itself (edges 1 and 3)"),  # a bow tie
        (((0.1, 0.1), (0.9, 0.1), (0.5, 0.1)), "crosses itself"),  # folded onto itself, no area
        (((0.1, 0.1), (0.9, 0.1), (0.5, 0.5), (0.5, 0.1), (0.2, 0.5)), "crosses itself"),  # touches its own edge
    ],
)
def test_a_polygon_that_is_not_simple_is_told_what_is_wrong(polygon: tuple[Point, ...], fault: str | None) -> None:
    if fault is None:
        assert polygon_fault(polygon) is None
    else:
        assert fault in (polygon_fault(polygon) or "")
        with pytest.raises(ValueError, match=re.escape(fault)):
            Zone("z", polygon)


def test_the_anchor_is_where_the_feet_are_unless_the_zone_says_otherwise() -> None:
    standing_below = (0.4, 0.5, 0.6, 0.95)  # the middle of the box is in the square, the feet are not
    assert not Zone("z", SQUARE).contains(standing_below)
    assert Zone("z", SQUARE, anchor="center").contains(standing_below)


def test_someone_cut_off_by_the_lower_edge_of_the_picture_stands_in_a_zone_that_ends_there() -> None:
    floor = Zone("floor", ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)))
    assert anchor_of((0.4, 0.7, 0.6, 1.03), "bottom_center") == (0.5, 1.0)
    assert floor.contains((0.4, 0.7, 0.6, 1.03))


def test_the_frame_holds_everything() -> None:
    assert FRAME.contains((-0.2, -0.2, 0.1, 1.4))
    assert FRAME.belongs_to("any_camera")


def test_a_zone_belongs_to_the_cameras_it_names_or_to_all() -> None:
    assert Zone("z", SQUARE, cameras=("hall_1",)).belongs_to("hall_1")
    assert not Zone("z", SQUARE, cameras=("hall_1",)).belongs_to("yard_1")
    assert Zone("z", SQUARE).belongs_to("yard_1")
