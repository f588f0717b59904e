"""Pixels of a scene: backdrop, shadows, figures from far to near, and a little sensor noise."""

from collections.abc import Iterator

import cv2
import numpy as np

from models.synthetic.backdrop import Image, backdrop, fill
from models.synthetic.figures import Limb
from models.synthetic.scene import Figure, Scene, nearest_last
from models.synthetic.view import Points, View

NOISE_SIGMA = 2.5
SHADOW = 0.62


class Renderer:
    """Frames of one scene at one size; the same seed gives the same pixels.

    Raises ValueError when a side is odd (H.264 wants even sides) or smaller than 64.
    """

    def __init__(self, scene: Scene, width: int, height: int, seed: int) -> None:
        if width < 64 or height < 64 or width % 2 or height % 2:
            raise ValueError(f"size {width}x{height}: both sides must be even and at least 64")
        self._scene = scene
        self._generator = np.random.default_rng(seed)
        zones = [np.array(ground) for _, ground in scene.scenario.zones]
        self._backdrop = backdrop(scene.view, width, height, zones, self._generator)
        self._noise = self._generator.normal(0, NOISE_SIGMA, (height + 64, width + 64, 3)).round().astype(np.int16)

    def clean(self, t_s: float) -> Image:
        """(H, W, 3) BGR without sensor noise."""
        picture = self._backdrop.copy()
        figures = self._scene.figures(t_s)
        for figure in figures:
            _shadow(picture, self._scene.view, figure)
        for figure in figures:
            _draw(picture, self._scene.view, figure)
        return picture

    def frames(self, times_s: list[float]) -> Iterator[Image]:
        """With noise, one per time; the noise goes on from frame to frame, so draw a clip in order."""
        for t_s in times_s:
            picture = self.clean(t_s)
            height, width = picture.shape[:2]
            top, left = self._generator.integers(0, 64, 2)
            noise = self._noise[top : top + height, left : left + width]
            yield np.clip(picture + noise, 0, 255).astype(np.uint8)


def _shadow(picture: Image, view: View, figure: Figure) -> None:
    length, width = (2.2, 1.0) if figure.actor.kind == "car" else (0.35, 0.3)
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    forward = np.array(figure.pose.heading)
    left = np.array([-forward[1], forward[0]])
    rim = np.cos(angles)[:, None] * length * forward + np.sin(angles)[:, None] * width * left
    outline = view.ground(rim + np.array([figure.pose.x + 0.15, figure.pose.z]))
    mask = np.zeros((*picture.shape[:2], 1), np.uint8)
    fill(mask, outline, (255, 255, 255))
    box = cv2.boundingRect(mask)
    rows, columns = slice(box[1], box[1] + box[3]), slice(box[0], box[0] + box[2])
    factor = 1 - (1 - SHADOW) * (mask[rows, columns].astype(np.float32) / 255)
    picture[rows, columns] = (picture[rows, columns] * factor).astype(np.uint8)


def _capsule(view: View, limb: Limb) -> Points:
    """The outline of a limb in picture points: the hull of the circles at its ends."""
    ends = np.stack([limb.a, limb.b])
    centres = view.project(ends)
    radii = limb.radius_m * view.focal / view.depth_m(ends)
    angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles) * view.aspect], axis=1)
    rims = np.concatenate([centre + radius * circle for centre, radius in zip(centres, radii, strict=True)])
    hull = cv2.convexHull(rims.astype(np.float32))[:, 0]
    return hull.astype(np.float64)


def _draw(picture: Image, view: View, figure: Figure) -> None:
    for solid in nearest_last(view, figure.solids):
        points = _capsule(view, solid) if isinstance(solid, Limb) else view.project(solid.points)
        fill(picture, points, solid.colour)
