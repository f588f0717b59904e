"""The place without anybody in it: ground in strips, paint on it, and what stands behind. Drawn once per clip."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.synthetic.facade import stand_behind
from models.synthetic.figures import Colour
from models.synthetic.paint import Image
from models.synthetic.scenario import Place, Scenario
from models.synthetic.view import Points, View

SKY: Colour = (226, 214, 200)
ASPHALT, CONCRETE, KERB, PAVING, GRASS, EARTH = (
    ((84, 84, 86), 7.0), ((118, 124, 128), 9.0), ((176, 178, 180), 4.0), ((138, 142, 148), 6.0), ((92, 118, 104), 10.0),
    ((86, 112, 136), 15.0),
)  # fmt: skip
PAINT: Colour = (60, 190, 225)
WHITE: Colour = (200, 205, 208)
TILE_M = 0.6


@dataclass(frozen=True, slots=True)
class Ground:
    """strips: by distance, up to this z in metres this colour with this much grain. dashes: z of broken white lines.

    tiled: from z to z, laid with slabs.
    """

    strips: tuple[tuple[float, tuple[Colour, float]], ...]
    dashes: tuple[float, ...] = ()
    tiled: tuple[float, float] = (0.0, 0.0)


GROUNDS: dict[Place, Ground] = {
    "yard": Ground(
        ((15.0, CONCRETE), (15.2, KERB), (23.0, ASPHALT), (23.2, KERB), (27.0, PAVING), (1e9, GRASS)),
        (19.1,),
        (23.2, 27.0),
    ),
    "street": Ground(
        ((8.5, PAVING), (8.75, KERB), (23.4, ASPHALT), (23.65, KERB), (27.0, PAVING), (1e9, GRASS)),
        (16.1, 19.4),
        (0.0, 8.5),
    ),
    "shop": Ground(((8.2, ASPHALT), (8.45, KERB), (15.0, PAVING), (1e9, CONCRETE)), (), (8.45, 15.0)),
    "site": Ground(((1e9, EARTH),)),
}


def ground_of_pixels(view: View, width: int, height: int) -> tuple[Points, Points]:
    """Per pixel centre the ground place (x, z), each (height, width); NaN at and above the horizon."""
    across = np.repeat((np.arange(width) + 0.5)[None] / width, height, axis=0)
    down = np.repeat((np.arange(height) + 0.5)[:, None] / height, width, axis=1)
    places = view.place(np.stack([across.reshape(-1), down.reshape(-1)], axis=1))
    far = ~(places[:, 1] < 1e3)
    places[far] = np.nan
    return places[:, 0].reshape(height, width), places[:, 1].reshape(height, width)


def _grain(x: Points, z: Points, generator: np.random.Generator) -> Points:
    """Stains and grit that lie on the ground: noise sampled by place, so that it shrinks with distance."""
    grain = np.zeros_like(x)
    for cell_m, weight in ((2.3, 0.8), (0.5, 0.5), (0.08, 0.6)):
        table = np.asarray(cv2.GaussianBlur(generator.normal(size=(256, 256)), (0, 0), 0.8), np.float32) * 2.0
        across, along = (x / cell_m).astype(np.float32), (z / cell_m).astype(np.float32)
        grain += weight * cv2.remap(table, across, along, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return grain


def backdrop(scenario: Scenario, view: View, size: tuple[int, int], generator: np.random.Generator) -> Image:
    """Returns (height, width, 3) BGR, in daylight and dry."""
    width, height = size
    ground = GROUNDS[scenario.place]
    x, z = ground_of_pixels(view, width, height)
    seen = np.isfinite(z)
    x, z = np.where(seen, x, 0.0), np.where(seen, z, 1e6)
    image = np.empty((height, width, 3))
    strip = np.searchsorted([far for far, _ in ground.strips[:-1]], z, side="right")
    grain = _grain(x, np.minimum(z, 1e3), generator)
    for index, (_, (colour, rough)) in enumerate(ground.strips):
        here = strip == index
        image[here] = np.array(colour) + rough * grain[here][:, None]
    if ground.tiled[1] > ground.tiled[0]:
        joint = np.minimum(np.mod(x, TILE_M), np.mod(z, TILE_M)) < 0.035
        image[joint & (z > ground.tiled[0]) & (z < ground.tiled[1])] -= 18
    for middle in ground.dashes:
        image[(np.abs(z - middle) < 0.08) & (np.mod(x, 6.0) < 3.0)] = WHITE
    shade = np.linspace(1.06, 0.94, height)[:, None, None]
    image[~seen] = (np.array(SKY) * shade * np.ones((1, width, 1)))[~seen]
    for zone in scenario.zones.values():
        if zone.painted:
            _paint_zone(image, x, z, zone.polygon)
    picture: Image = np.clip(image, 0, 255).astype(np.uint8)
    stand_behind(picture, view, scenario.place, generator)
    return picture


def _paint_zone(image: Points, x: Points, z: Points, polygon: Sequence[tuple[float, float]]) -> None:
    """An edge line 12 cm wide and faint hatching, as on a factory floor."""
    low, high = np.min(polygon, axis=0) - 0.1, np.max(polygon, axis=0) + 0.1
    near = (x > low[0]) & (x < high[0]) & (z > low[1]) & (z < high[1])
    x, z = x[near], z[near]
    inside, edge = np.zeros(x.shape, bool), np.full(x.shape, np.inf)
    for (ax, az), (bx, bz) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        crosses = ((az > z) != (bz > z)) & (x < (bx - ax) * (z - az) / ((bz - az) or 1e-9) + ax)
        inside ^= crosses
        share = np.clip(((x - ax) * (bx - ax) + (z - az) * (bz - az)) / ((bx - ax) ** 2 + (bz - az) ** 2), 0, 1)
        edge = np.minimum(edge, np.hypot(x - ax - share * (bx - ax), z - az - share * (bz - az)))
    part = image[near]
    hatch = inside & (np.mod(x + z, 1.2) < 0.18)
    part[hatch] = 0.62 * part[hatch] + 0.38 * np.array(PAINT)
    part[edge < 0.06] = 0.15 * part[edge < 0.06] + 0.85 * np.array(PAINT)
    image[near] = part
