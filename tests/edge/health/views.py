"""Grey pictures of made scenes and what is done to a camera, at the size that a view is looked at."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.health.camera_view import EVERY_S, HEIGHT, WIDTH, CameraView, ViewState

Luma = NDArray[np.uint8]
Change = Callable[[Luma], Luma]


def scene(seed: int) -> Luma:
    """Boxes, a horizon and a grain that belongs to the scene, not to the sensor."""
    random = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH), 120.0)
    picture[:35] = 170
    for _ in range(40):
        x, y = int(random.integers(0, WIDTH)), int(random.integers(0, HEIGHT))
        width, height = random.integers(6, 36, 2)
        picture[y : y + height, x : x + width] = random.uniform(30, 230)
    return np.clip(picture + random.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


def sensor(picture: Luma, random: np.random.Generator, sigma: float = 1.0) -> Luma:
    return np.clip(picture + random.normal(0, sigma, picture.shape), 0, 255).round().astype(np.uint8)


def covered(picture: Luma) -> Luma:
    return np.full_like(picture, 14)


def sprayed(picture: Luma) -> Luma:
    """Paint over most of the glass, out of focus because it is on it."""
    y, x = np.arange(HEIGHT)[:, None] - HEIGHT / 2, np.arange(WIDTH) - WIDTH / 2
    clear = np.clip((np.hypot(y, x) - 67) / 16, 0, 1)
    return np.asarray(picture * clear + 190 * (1 - clear), np.uint8)


def boarded(picture: Luma) -> Luma:
    """All but a strip, by something of a middle shade with a sharp edge."""
    covered_up = np.full_like(picture, round(float(picture.mean())))
    covered_up[:, : WIDTH // 5] = picture[:, : WIDTH // 5]
    return covered_up


def behind_a_hand(picture: Luma) -> Luma:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 12) * 0.4 + 60, np.uint8)


def defocused(picture: Luma) -> Luma:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 2.5), np.uint8)


def turned(share: float) -> Change:
    """To the right, by a share of the width; what comes into view is a mirror of what was at the edge."""

    def change(picture: Luma) -> Luma:
        by = round(share * WIDTH)
        return np.hstack([picture[:, by:], picture[:, -by:][:, ::-1]])

    return change


def turned_away(picture: Luma) -> Luma:
    return np.ascontiguousarray(picture[::-1, ::-1])


def at_night(picture: Luma) -> Luma:
    """A lamp in one corner, everything else dim, under infrared light that turns dark into bright."""
    y, x = np.arange(HEIGHT)[:, None], np.arange(WIDTH)
    lamp = np.exp(-((x - 50) ** 2 + (y - 55) ** 2) / (2 * 45.0**2))
    turned_over = np.where(picture < 110, 190 - picture.astype(np.float64), picture)
    return np.clip(turned_over * (0.25 + 0.5 * lamp) + 10, 0, 255).astype(np.uint8)


def pictures(
    frames: list[Luma], seconds: float, start_s: float = 0.0, change: Change | None = None
) -> Iterator[tuple[float, Luma]]:
    """Each EVERY_S, the frames in a loop."""
    for index in range(round(seconds / EVERY_S)):
        picture = frames[index % len(frames)]
        yield start_s + index * EVERY_S, picture if change is None else change(picture)


def states(view: CameraView, shown: Iterator[tuple[float, Luma]]) -> list[tuple[float, ViewState]]:
    return [(at_s, view.observe(picture, at_s).state) for at_s, picture in shown]


def first(found: list[tuple[float, ViewState]], state: ViewState) -> float | None:
    return next((at_s for at_s, one in found if one == state), None)
