"""Pixels of a scene: backdrop, shadows, figures from far to near, light and weather, and what the camera adds."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from models.synthetic.backdrop import backdrop
from models.synthetic.figures import Colour
from models.synthetic.paint import Image, draw, draw_puffs, shadow_mask
from models.synthetic.scene import Scene
from models.synthetic.silhouette import Silhouette, silhouette

SHADOW = 0.4  # of the light that the sun gives
SMOOTH_MIN = 1e-6
NO_HAZE: tuple[Colour, float] = ((0, 0, 0), 0.0)


class Renderer:
    """Frames of one scene at one size; the same seed gives the same pixels.

    Raises ValueError when a side is odd (H.264 wants even sides) or smaller than 64.
    """

    def __init__(self, scene: Scene, width: int, height: int, seed: int) -> None:
        if width < 64 or height < 64 or width % 2 or height % 2:
            raise ValueError(f"size {width}x{height}: both sides must be even and at least 64")
        self._scene = scene
        self._size = (width, height)
        self._generator = np.random.default_rng(seed)
        zones = [np.array(zone.polygon) for zone in scene.scenario.zones.values() if zone.painted]
        self._backdrop = backdrop(scene.view, width, height, zones, self._generator)
        sigma = scene.scenario.recording.noise
        noise = self._generator.normal(0, sigma, (height + 64, width + 64, 3)).round()
        self._noise = noise.clip(0, 255).astype(np.uint8), (-noise).clip(0, 255).astype(np.uint8)
        self._grain = self._generator.normal(128, 7, (height + 64, width + 64)).clip(0, 255).astype(np.uint8)

    def clean(self, t_s: float) -> Image:
        """(H, W, 3) BGR without sensor noise."""
        return self.draw([silhouette(self._scene.view, figure) for figure in self._scene.figures(t_s)])

    def draw(self, silhouettes: Sequence[Silhouette]) -> Image:
        """(H, W, 3) BGR without sensor noise, of figures furthest first."""
        picture = self._backdrop.copy()
        self._shade(picture, silhouettes)
        for one in silhouettes:
            draw(picture, one, NO_HAZE, self._blur_px(one), self._grain)
            draw_puffs(picture, one, glowing=False)
            draw_puffs(picture, one, glowing=True)
        return picture

    def frames(self, times_s: Sequence[float]) -> Iterator[Image]:
        """With noise, one per time; the noise goes on from frame to frame, so draw a clip in order."""
        for t_s in times_s:
            yield self.noisy(self.clean(t_s))

    def noisy(self, picture: Image) -> Image:
        """With the sensor's noise of the next frame."""
        height, width = picture.shape[:2]
        top, left = self._generator.integers(0, 64, 2)
        plus, minus = (part[top : top + height, left : left + width] for part in self._noise)
        return cv2.subtract(cv2.add(picture, plus), minus)  # type: ignore[return-value]

    def _shade(self, picture: Image, silhouettes: Sequence[Silhouette]) -> None:
        width, height = self._size
        small = (width // 2, height // 2)
        mask = shadow_mask(self._scene.view, silhouettes, small, np.array([0.55, 0.25]))
        mask = cv2.GaussianBlur(mask, (5, 5), 1.2)  # type: ignore[assignment]
        whole = cv2.resize(mask, self._size, interpolation=cv2.INTER_LINEAR)
        light = 255 - (whole * SHADOW).astype(np.uint8)
        cv2.multiply(picture, cv2.merge([light, light, light]), picture, 1 / 255.0)

    def _blur_px(self, one: Silhouette) -> float:
        """How far it moves across the picture while the shutter is open."""
        pose, view = one.figure.pose, self._scene.view
        across = abs(pose.heading[0]) * pose.speed * self._scene.scenario.recording.exposure_s
        return across * view.focal * self._size[0] / max(one.figure.distance_m, 1.0)
