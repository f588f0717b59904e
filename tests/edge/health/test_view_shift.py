"""Where the content of one view is found in another one, by the directions of its edges."""

import numpy as np
import pytest

from edge.health.camera_view import HEIGHT, WIDTH
from edge.health.view_shift import edge_map, shift_between
from tests.edge.health.views import scene

PICTURE = scene(7).astype(np.float32)


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (16, 0), (-16, 0), (0, 9), (0, -9), (24, 12), (3, -5)])
def test_a_shift_is_found_to_the_pixel_with_its_direction(dx: int, dy: int) -> None:
    shift = shift_between(edge_map(PICTURE), edge_map(np.roll(PICTURE, (dy, dx), (0, 1))))
    assert (shift.dx, shift.dy) == (dx / WIDTH, dy / HEIGHT)
    assert shift.score > 0.9
    assert shift.is_clear == (max(abs(dx), abs(dy)) > 3)


def test_dark_on_bright_is_the_same_edge_as_bright_on_dark() -> None:
    assert edge_map(255 - PICTURE) == pytest.approx(edge_map(PICTURE), abs=1e-5)


def test_half_the_light_gives_nearly_the_same_edges() -> None:
    shift = shift_between(edge_map(PICTURE), edge_map(PICTURE * 0.5))
    assert (shift.dx, shift.dy) == (0.0, 0.0)
    assert shift.in_place > 0.9


def test_another_scene_is_nowhere() -> None:
    shift = shift_between(edge_map(PICTURE), edge_map(scene(8).astype(np.float32)))
    assert not shift.is_clear
    assert shift.in_place < 6 * shift.noise


def test_without_an_edge_there_is_no_shift() -> None:
    grey = edge_map(np.full((HEIGHT, WIDTH), 128, np.float32))
    shift = shift_between(edge_map(PICTURE), grey)
    assert (shift.score, shift.in_place, shift.noise) == (0.0, 0.0, 0.0)
