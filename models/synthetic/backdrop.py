"""The place without anybody in it: a yard, a road with its pavements, a building behind. Drawn once per clip."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.figures import Colour
from models.synthetic.scene import Box
from models.synthetic.view import Points, View

Image = NDArray[np.uint8]
SKY: Colour = (226, 214, 200)
# Strips of ground by distance: up to this z in metres, this colour, this much grain.
STRIPS: tuple[tuple[float, Colour, float], ...] = (
    (15.0, (118, 124, 128), 9.0),
    (15.2, (176, 178, 180), 4.0),
    (23.0, (84, 84, 86), 7.0),
    (23.2, (176, 178, 180), 4.0),
    (27.0, (138, 142, 148), 6.0),
    (1e9, (92, 118, 104), 10.0),
)
ROAD_MIDDLE_M = 19.1
FACADE_M = 27.0
PAINT: Colour = (60, 190, 225)


def ground_of_pixels(view: View, width: int, height: int) -> tuple[Points, Points]:
    """Per pixel centre the ground place (x, z), each (height, width); NaN at and above the horizon."""
    pitch = np.radians(view.pitch_deg)
    across = ((np.arange(width) + 0.5) / width - 0.5) / view.focal
    up = -((np.arange(height) + 0.5) / height - 0.5) / (view.focal * view.aspect)
    fall = np.sin(pitch) - up * np.cos(pitch)
    reach = np.where(fall > 1e-3, view.height_m / np.maximum(fall, 1e-3), np.nan)
    z = np.repeat((reach * (np.cos(pitch) + up * np.sin(pitch)))[:, None], width, axis=1)
    return reach[:, None] * across[None, :], z


def _grain(x: Points, z: Points, generator: np.random.Generator) -> Points:
    """Stains and grit that lie on the ground: noise sampled by place, so that it shrinks with distance."""
    grain = np.zeros_like(x)
    for cell_m, weight in ((2.3, 1.0), (0.5, 0.7), (0.08, 0.6)):
        table = np.asarray(cv2.GaussianBlur(generator.normal(size=(256, 256)), (0, 0), 0.8), np.float64) * 2.0
        grain += weight * table[(z / cell_m).astype(int) % 256, (x / cell_m).astype(int) % 256]
    return grain


def backdrop(view: View, width: int, height: int, zones: list[Points], generator: np.random.Generator) -> Image:
    """zones: ground polygons (K, 2) in metres, marked by painted edges and hatching. Returns (height, width, 3) BGR."""
    x, z = ground_of_pixels(view, width, height)
    seen = np.isfinite(z)
    x, z = np.where(seen, x, 0.0), np.where(seen, z, 1e6)
    image = np.empty((height, width, 3))
    strip = np.searchsorted([far for far, _, _ in STRIPS[:-1]], z, side="right")
    grain = _grain(x, np.minimum(z, 1e4), generator)
    for index, (_, colour, rough) in enumerate(STRIPS):
        here = strip == index
        image[here] = np.array(colour) + rough * grain[here][:, None]
    dashes = (np.abs(z - ROAD_MIDDLE_M) < 0.08) & (np.mod(x, 6.0) < 3.0)
    image[dashes] = (200, 205, 208)
    image[~seen] = SKY
    for polygon in zones:
        _paint_zone(image, x, z, polygon)
    picture: Image = np.clip(image, 0, 255).astype(np.uint8)
    _building(picture, view)
    return picture


def _paint_zone(image: Points, x: Points, z: Points, polygon: Points) -> None:
    """An edge line 12 cm wide and faint hatching, as on a factory floor."""
    inside = np.zeros(x.shape, bool)
    edge = np.full(x.shape, np.inf)
    for (ax, az), (bx, bz) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        crosses = ((az > z) != (bz > z)) & (x < (bx - ax) * (z - az) / ((bz - az) or 1e-9) + ax)
        inside ^= crosses
        share = np.clip(((x - ax) * (bx - ax) + (z - az) * (bz - az)) / ((bx - ax) ** 2 + (bz - az) ** 2), 0, 1)
        edge = np.minimum(edge, np.hypot(x - ax - share * (bx - ax), z - az - share * (bz - az)))
    hatch = inside & (np.mod(x + z, 1.2) < 0.18)
    image[hatch] = 0.55 * image[hatch] + 0.45 * np.array(PAINT)
    image[edge < 0.06] = PAINT


def _building(picture: Image, view: View) -> None:
    """A wall of windows and doors at FACADE_M; its boxes are `(left, bottom, right, top)` in metres."""

    def wall(box: Box, colour: Colour, nearer_m: float = 0.0) -> None:
        (x1, y1, x2, y2), z = box, FACADE_M - nearer_m
        corners = np.array([[x1, y1, z], [x2, y1, z], [x2, y2, z], [x1, y2, z]])
        fill(picture, view.project(corners), colour)

    wall((-40.0, 0.0, 26.0, 7.5), (150, 168, 186))
    wall((-40.0, 0.0, 26.0, 0.5), (110, 118, 126), 0.01)
    for index in range(-10, 7):
        left = index * 4.0 - 0.9
        for bottom in (1.3, 4.6):
            door = bottom < 2 and index % 4 == 0
            sill = 0.1 if door else bottom
            wall((left - 0.1, sill - 0.1, left + 1.7, bottom + 1.6), (196, 204, 210), 0.02)
            colour: Colour = (70, 84, 100) if door else (104 + 3 * (index % 3), 92, 76)
            wall((left, sill, left + 1.6, bottom + 1.5), colour, 0.03)


def fill(picture: Image, points: Points, colour: Colour) -> None:
    """A polygon of relative points, to a sixteenth of a pixel, with smooth edges."""
    height, width = picture.shape[:2]
    pixels = np.clip(points, -4.0, 5.0) * (width, height) - 0.5
    cv2.fillPoly(picture, [np.round(pixels * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)
