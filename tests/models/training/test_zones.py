"""Zones that are drawn anew at each look at a crop."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from models.training.vlm.second_look.samples import Labelled, Sample, shows_its_zone
from models.training.vlm.second_look.zones import Redrawn, another, foot, holds_point, outlined
from models.vlm.crop import Box, extent, margined
from models.vlm.marking import marked_crop
from tests.models.vlm.packages import picture

PERSON, NEIGHBOUR = (0.4, 0.3, 0.5, 0.7), (0.47, 0.35, 0.55, 0.72)
SIDE = 256


@pytest.mark.parametrize("inside", [True, False])
def test_a_zone_holds_somebody_or_nobody_as_the_answer_says_and_is_another_each_time(inside: bool) -> None:
    random, feet = np.random.default_rng(0), [foot(PERSON), foot(NEIGHBOUR)]
    zones = {another(PERSON, feet, random, inside=inside) for _ in range(200)}
    assert len(zones) > 150
    assert {any(holds_point(zone, one) for one in feet) for zone in zones if zone} == {inside}


def test_around_what_the_question_is_not_about_there_is_a_zone_as_well() -> None:
    random = np.random.default_rng(0)
    assert all(holds_point(another(PERSON, [], random, inside=False), foot(PERSON)) for _ in range(20))


@pytest.mark.parametrize(("wide", "high"), [(1920, 1080), (300, 200)])
def test_drawn_on_a_squeezed_crop_it_looks_as_drawn_by_a_box_and_squeezed(wide: int, high: int) -> None:
    frame, box = picture(3, high, wide), (0.3, 0.2, 0.5, 0.8)
    zone = ((0.35, 0.5), (0.9, 0.55), (0.8, 0.9), (0.32, 0.75))
    left, top, right, bottom = extent(frame, box, 0.25)
    crop = frame[top:bottom, left:right]
    wanted = squeezed(marked_crop(frame, box, 0.25, zone))
    corners = (np.array(zone) * (wide, high) - (left, top)) / (right - left, bottom - top)
    drawn = outlined(squeezed(crop), corners, np.array(crop.shape[1::-1]))
    marked = np.abs(wanted.astype(int) - squeezed(crop)).sum(2) > 60
    assert marked.mean() > 0.01
    differs = np.abs(wanted.astype(int) - drawn).sum(2) > 120
    assert differs.sum() < 0.1 * marked.sum()


def test_without_corners_a_crop_stays_as_it_is() -> None:
    crop = picture(1, SIDE, SIDE)
    assert np.array_equal(outlined(crop, np.zeros((0, 2)), np.array([90, 60])), crop)


def test_of_a_kept_crop_the_corners_are_in_the_part_that_is_looked_at() -> None:
    outer = margined(PERSON, 0.55)
    zones = Redrawn(facts([PERSON, PERSON], [json.dumps([foot(PERSON)]), ""], ["yes", "no"], outer))
    part = np.array([0.2, 0.1, 0.9, 0.95])
    corners = zones.corners(0, part, np.random.default_rng(0))
    assert corners is not None
    stands = (np.array(foot(PERSON)) - outer[:2]) / (np.array(outer[2:]) - outer[:2])
    x, y = (stands - part[:2]) / (part[2:] - part[:2])
    assert holds_point(tuple(map(tuple, corners)), (x, y))
    assert zones.corners(1, part, np.random.default_rng(0)) is None


@pytest.mark.parametrize(("stands", "kept"), [((0.41, 0.3, 0.49, 0.6), True), ((0.6, 0.3, 0.7, 0.6), False)])
def test_a_zone_whose_people_stand_outside_the_crop_is_no_sample(stands: Box, kept: bool) -> None:
    """The labels of the picture say yes, and who looks at the crop sees nobody in the zone."""
    picture = Labelled("test", "street_vehicles/1", (("person", PERSON), ("person", stands)))
    zone = ((0.42, 0.5), (0.8, 0.5), (0.8, 0.65), (0.42, 0.65))
    assert not holds_point(zone, foot(PERSON))
    assert holds_point(zone, foot(stands))
    sample = Sample("test", picture.picture, PERSON, "in_zone", "yes", zone)
    assert shows_its_zone(sample, picture) == kept
    assert shows_its_zone(replace(sample, reply="no"), picture) != kept


def facts(boxes: list[Box], feet: list[str], replies: list[str], outer: Box) -> dict[str, np.ndarray]:
    columns = {"box": boxes, "feet": feet, "reply": replies, "outer": [outer] * len(boxes)}
    return {name: np.array(column) for name, column in columns.items()}


def squeezed(image: np.ndarray) -> np.ndarray:
    shrinks = min(image.shape[:2]) > SIDE
    return cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
