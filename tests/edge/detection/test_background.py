"""What is new and still, and what only looks like it: each case a story told to the model and the regions behind it."""

from collections.abc import Callable, Sequence
from itertools import count

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.detection.background import BackgroundModel, BackgroundSettings
from edge.tracking.still_region import StillRegion
from edge.tracking.still_regions import HIDDEN_S_MAX, StillRegions
from edge.tracking.track import Box
from models.detector.rasters import BgrRaster
from tests.edge.detection.place import FPS, HEIGHT, WIDTH, Edit, crate, shown

Picture = NDArray[np.float32]
Regions = tuple[StillRegion, ...]
CRATE: Box = (140 / WIDTH, 90 / HEIGHT, 176 / WIDTH, 126 / HEIGHT)
PUT_DOWN_S = 10.0
FOUND_WITHIN_S = 2.5


def told(
    edit: Edit,
    length_s: float = 30.0,
    covers: Callable[[float], Sequence[Box]] = lambda _: (),
    settings: BackgroundSettings | None = None,
    noise: float = 3.0,
) -> dict[float, Regions]:
    """By stream second: the regions that are there."""
    model, regions = BackgroundModel(settings), StillRegions(count(1).__next__)
    times = [index / FPS for index in range(round(length_s * FPS))]
    return {t: regions.update(model.observe(BgrRaster(shown(edit, t, noise)), covers(t), t), t) for t in times}


def put_down(picture: Picture, t_s: float, until_s: float = 1e9) -> None:
    if PUT_DOWN_S <= t_s < until_s:
        crate(picture)


def overlap(a: Box, b: Box) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def ids(of: dict[float, Regions]) -> set[int]:
    return {region.track_id for regions in of.values() for region in regions}


def test_what_is_put_down_is_found_once_where_and_when_it_was_put_down() -> None:
    seen = told(put_down)
    assert not any(regions for t, regions in seen.items() if t < PUT_DOWN_S)
    (region,) = seen[PUT_DOWN_S + FOUND_WITHIN_S]
    assert region.since_s == PUT_DOWN_S
    assert overlap(region.box, CRATE) > 0.8
    assert region.area == pytest.approx(36 * 36 / (WIDTH * HEIGHT), rel=0.2)
    assert all(CRATE[0] - 0.02 < x < CRATE[2] + 0.02 and CRATE[1] - 0.02 < y < CRATE[3] + 0.02 for x, y in region.spots)
    assert ids(seen) == {1}
    assert [len(regions) for t, regions in seen.items() if t >= PUT_DOWN_S + FOUND_WITHIN_S] == [1] * 35


def test_taken_away_again_it_is_gone_and_leaves_no_ghost() -> None:
    seen = told(lambda picture, t: put_down(picture, t, until_s=20.0))
    assert seen[20.0]
    assert not any(regions for t, regions in seen.items() if t >= 20.0 + FOUND_WITHIN_S)
    assert ids(seen) == {1}


def test_what_was_there_from_the_beginning_and_is_taken_away_is_no_object() -> None:
    def taken(picture: Picture, t_s: float) -> None:
        if t_s < PUT_DOWN_S:
            crate(picture)

    assert not ids(told(taken))


def test_what_is_there_at_the_start_belongs_to_the_place() -> None:
    assert not ids(told(lambda picture, _: crate(picture)))


def test_something_put_where_something_was_taken_away_is_found() -> None:
    def swapped(picture: Picture, t_s: float) -> None:
        if t_s < PUT_DOWN_S:
            crate(picture, side=30)
        elif t_s >= 20.0:
            crate(picture, x=135, side=40)

    seen = told(swapped)
    assert not any(regions for t, regions in seen.items() if t < 20.0)
    assert ids({t: regions for t, regions in seen.items() if t >= 20.0 + FOUND_WITHIN_S}) == {1}


def walker(t_s: float, period_s: float) -> Box:
    """Somebody who goes to and fro before the crate."""
    x = abs((t_s / period_s) % 2 - 1) * 0.8
    return (x, 0.3, x + 0.12, 0.8)


def paint(picture: Picture, box: Box) -> None:
    x1, y1, x2, y2 = (round(side * size) for side, size in zip(box, (WIDTH, HEIGHT, WIDTH, HEIGHT), strict=True))
    picture[y1:y2, x1:x2] = (60, 40, 30)


@pytest.mark.parametrize(("detected", "sure_s"), [(True, 16.0), (False, 28.0)])  # a restless place takes longer
def test_people_in_front_of_it_hide_it_and_do_not_end_it(*, detected: bool, sure_s: float) -> None:
    def passed_by(picture: Picture, t_s: float) -> None:
        put_down(picture, t_s)
        paint(picture, walker(t_s, 5.0))

    seen = told(passed_by, length_s=40.0, covers=lambda t: (walker(t, 5.0),) if detected else ())
    late = {t: regions for t, regions in seen.items() if t >= sure_s}
    assert all([region.track_id for region in regions] == [1] for regions in late.values())
    assert late[sure_s][0].since_s == pytest.approx(PUT_DOWN_S, abs=3.0)


def test_somebody_who_stands_in_front_of_it_for_long_does_not_end_it_and_for_ever_does() -> None:
    wall: Box = (0.3, 0.3, 0.7, 0.9)
    stands_s = 20.0

    def stood_before(picture: Picture, t_s: float) -> None:
        put_down(picture, t_s)
        if t_s >= stands_s:
            paint(picture, wall)

    seen = told(stood_before, length_s=90.0, covers=lambda t: (wall,) if t >= stands_s else ())
    assert len(seen[stands_s + HIDDEN_S_MAX - 5]) == 1
    assert not seen[stands_s + HIDDEN_S_MAX + 5]


@pytest.mark.parametrize("seen_share", [1.0, 0.5])
def test_a_person_or_car_that_stands_still_is_no_object_even_if_detected_half_the_time(seen_share: float) -> None:
    def stands(picture: Picture, t_s: float) -> None:
        if t_s >= PUT_DOWN_S:
            crate(picture)

    def detected(t_s: float) -> Sequence[Box]:
        return (CRATE,) if t_s >= PUT_DOWN_S and (t_s * FPS) % 4 < 4 * seen_share else ()

    assert not ids(told(stands, covers=detected))


def test_a_car_that_stood_there_at_the_start_and_leaves_is_no_object() -> None:
    def leaves(picture: Picture, t_s: float) -> None:
        if t_s < PUT_DOWN_S:
            crate(picture)

    assert not ids(told(leaves, covers=lambda t: (CRATE,) if t < PUT_DOWN_S else ()))


def test_a_shadow_and_a_patch_of_sun_are_no_objects() -> None:
    def lit(picture: Picture, t_s: float) -> None:
        if t_s >= PUT_DOWN_S:
            picture[60:120, 40:110] *= 0.6
            picture[60:120, 200:260] *= 1.5

    assert not ids(told(lit))


@pytest.mark.parametrize("factor", [0.6, 1.5])
def test_a_cloud_over_everything_is_no_object_and_hides_none(factor: float) -> None:
    def clouded(picture: Picture, t_s: float) -> None:
        put_down(picture, t_s)
        if t_s >= 20.0:
            picture *= factor

    seen = told(clouded)
    assert ids(seen) == {1}
    assert all(len(regions) == 1 for t, regions in seen.items() if t >= 20.0)


def test_dusk_is_followed() -> None:
    def darkens(picture: Picture, t_s: float) -> None:
        picture *= max(1.0 - t_s / 160, 0.2)

    assert not ids(told(darkens, length_s=100.0))


def test_a_trembling_camera_finds_what_a_still_one_finds() -> None:
    def trembles(picture: Picture, t_s: float) -> None:
        put_down(picture, t_s)
        generator = np.random.default_rng(int(t_s * 10))
        dx, dy = generator.uniform(-3, 3, 2)
        matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
        picture[:] = cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)

    seen = told(trembles)
    assert not any(regions for t, regions in seen.items() if t < PUT_DOWN_S)
    assert all([one.track_id for one in regions] == [1] for t, regions in seen.items() if t >= PUT_DOWN_S + 3)


def test_rain_and_waving_leaves_are_no_objects() -> None:
    def weather(picture: Picture, t_s: float) -> None:
        generator = np.random.default_rng(int(t_s * 100))
        for x, y in generator.integers((0, 0), (WIDTH, HEIGHT - 14), (150, 2)):
            picture[y : y + 14, x] += 60
        leaves = np.kron(generator.integers(0, 2, (10, 10)) * 90.0, np.ones((5, 5)))
        picture[10:60, 10:60] -= leaves[..., None]

    assert not ids(told(weather, length_s=40.0))


def test_a_camera_turned_elsewhere_is_learnt_anew_without_an_alarm() -> None:
    model, regions = BackgroundModel(), StillRegions(count(1).__next__)
    found: dict[float, Regions] = {}
    for index in range(60):
        t = index / FPS
        image = shown(lambda picture, t: None, t)
        if t >= 15.0:
            image = np.ascontiguousarray(image[:, ::-1])
            image[:110, 60:200] = image[:110, 60:200] // 3
        found[t] = regions.update(model.observe(BgrRaster(image), (), t), t)
    assert not ids(found)


def test_after_a_day_it_belongs_to_the_place() -> None:
    seen = told(put_down, length_s=36.0, settings=BackgroundSettings(absorb_s=20.0))
    assert seen[PUT_DOWN_S + 15.0]
    assert not seen[PUT_DOWN_S + 25.0]


def test_a_frame_of_another_size_begins_anew() -> None:
    model = BackgroundModel()
    image = shown(put_down, 0.0)
    assert model.observe(BgrRaster(image), (), 0.0).restarted
    assert not model.observe(BgrRaster(image), (), 0.5).restarted
    assert model.observe(BgrRaster(np.ascontiguousarray(image[:, :200])), (), 1.0).restarted


@settings(deadline=None, max_examples=8)
@given(
    x=st.integers(2, WIDTH - 60),
    y=st.integers(2, HEIGHT - 60),
    side=st.integers(16, 56),
    put_s=st.integers(8, 20),
)
def test_wherever_and_whenever_it_is_put_down_it_is_found_once_in_time(x: int, y: int, side: int, put_s: int) -> None:
    def put(picture: Picture, t_s: float) -> None:
        if t_s >= put_s:
            crate(picture, x, y, side)

    seen = told(put, length_s=put_s + 6.0)
    assert not any(regions for t, regions in seen.items() if t < put_s)
    (region,) = seen[put_s + FOUND_WITHIN_S]
    assert region.since_s == put_s
    assert overlap(region.box, (x / WIDTH, y / HEIGHT, (x + side) / WIDTH, (y + side) / HEIGHT)) > 0.6
    assert len(ids(seen)) == 1
