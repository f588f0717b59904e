"""A track that stands still: parked vehicles, however the detector's boxes tremble."""

import random
from dataclasses import replace

import pytest

from edge.rules.stationary import Stationary
from edge.tracking.track import Box
from tests.edge.rules.stories import PERMITTED, ZONE, Actor, opened

RULE = Stationary(
    rule_id="parked", type_id="traffic.illegal_parking", severity="lead", place=ZONE, classes=("car",), dwell_s=10.0
)
PARKED: Box = (0.60, 0.40, 0.80, 0.60)
TEN_FPS = 10.0


def moved(box: Box, dx: float, dy: float = 0.0) -> Box:
    return (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)


def trembling(box: Box, share: float, samples: int, seed: int = 1) -> list[Box | None]:
    """Every edge moves by up to `share` of the box's size, anew in each sample."""
    rng = random.Random(seed)
    width, height = (box[2] - box[0]) * share, (box[3] - box[1]) * share
    return [
        (
            box[0] + rng.uniform(-width, width),
            box[1] + rng.uniform(-height, height),
            box[2] + rng.uniform(-width, width),
            box[3] + rng.uniform(-height, height),
        )
        for _ in range(samples)
    ]


def driving(speed: float, samples: int, start: Box = PARKED) -> list[Box | None]:
    """speed: box widths per second, to the right and back within the zone, so that it stays there."""
    step = (start[2] - start[0]) * speed / TEN_FPS
    places, x, direction = [], 0.0, 1.0
    for _ in range(samples):
        places.append(moved(start, x))
        x += direction * step
        direction = -direction if not -0.15 <= x <= 0.15 else direction
    return [*places]


def car(positions: list[Box | None]) -> dict[int, Actor]:
    return {1: Actor(positions, class_name="car")}


def test_a_parked_car_is_found_when_the_dwell_is_over() -> None:
    assert opened(RULE, car([PARKED] * 110)) == [10.0]


@pytest.mark.parametrize("seed", range(5))
def test_a_trembling_box_is_still(seed: int) -> None:
    assert opened(RULE, car(trembling(PARKED, 0.04, 120, seed))) == [10.0]


def test_a_car_that_arrives_and_parks_is_counted_from_its_rest() -> None:
    arriving = [moved(PARKED, 0.20 - 0.02 * step) for step in range(10)]
    (opened_s,) = opened(RULE, car([*arriving, *[PARKED] * 120]))
    assert 10.0 <= opened_s <= 11.5


def test_a_short_occlusion_does_not_start_the_dwell_anew() -> None:
    assert opened(RULE, car([*[PARKED] * 50, *[None] * 4, *[PARKED] * 60])) == [10.0]


def test_a_box_that_is_wrong_for_a_moment_does_not_either() -> None:
    halved: Box = (0.60, 0.40, 0.70, 0.60)  # a passer-by hides half of the car
    assert opened(RULE, car([*[PARKED] * 50, *[halved] * 4, *[PARKED] * 60])) == [10.0]


@pytest.mark.parametrize("speed", [0.05, 0.1, 0.5, 2.0])
def test_a_moving_car_is_not_still_at_any_speed(speed: float) -> None:
    assert opened(RULE, car(driving(speed, 300))) == []


def test_a_queue_that_moves_up_every_eight_seconds_is_not_parked() -> None:
    stops = [moved(PARKED, 0.08 * (stop % 2)) for stop in range(6) for _ in range(80)]
    assert opened(RULE, car([*stops])) == []


def test_a_car_parked_outside_the_zone_is_nobody_s_business() -> None:
    assert opened(RULE, car([moved(PARKED, -0.5)] * 150)) == []


def test_a_person_who_stands_is_not_a_parked_vehicle() -> None:
    assert opened(RULE, {1: Actor([PARKED] * 150)}) == []


def test_a_car_in_a_permitted_bay_is_exempt() -> None:
    bay = moved(PARKED, 0.2)
    assert opened(RULE, car([bay] * 150)) == [10.0]
    assert opened(replace(RULE, permitted=(PERMITTED,)), car([bay] * 150)) == []


def test_a_car_behind_a_privacy_mask_is_exempt() -> None:
    bay = moved(PARKED, 0.2)
    assert opened(replace(RULE, masks=(replace(PERMITTED, kind="mask"),)), car([bay] * 150)) == []
