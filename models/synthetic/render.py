"""Pixels of a scene: backdrop, shadows, figures from far to near, light and weather, and what the camera adds."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from models.synthetic.atmosphere import Atmosphere
from models.synthetic.backdrop import backdrop
from models.synthetic.paint import Image, draw, draw_puffs
from models.synthetic.scene import Scene
from models.synthetic.shadow import darken, shadow_mask
from models.synthetic.silhouette import Silhouette

NOISE_PX = 64  # how far the one noise picture is moved about


class Renderer:
    """Frames of one scene at one size; the same seed gives the same pixels. Memory does not grow with the clip.

    Raises ValueError when a side is odd (H.264 wants even sides) or smaller than 64.
    """

    def __init__(self, scene: Scene, width: int, height: int, seed: int) -> None:
        if width < 64 or height < 64 or width % 2 or height % 2:
            raise ValueError(f"size {width}x{height}: both sides must be even and at least 64")
        self._scene = scene
        self._size = (width, height)
        self._generator = np.random.default_rng(seed)
        self._atmosphere = Atmosphere(scene.view, scene.scenario.sky, self._size, self._generator)
        empty = backdrop(scene.scenario, scene.view, self._size, self._generator)
        self._backdrop = self._atmosphere.over_ground(empty)
        wide = (height + NOISE_PX, width + NOISE_PX)
        noise = self._generator.normal(0, scene.scenario.recording.noise, (*wide, 3)).round()
        self._noise = noise.clip(0, 255).astype(np.uint8), (-noise).clip(0, 255).astype(np.uint8)
        grain = self._generator.normal(128, 5, wide).clip(0, 255).astype(np.uint8)
        self._grain: Image = np.asarray(cv2.merge([grain, grain, grain]), np.uint8)

    def clean(self, t_s: float) -> Image:
        """(H, W, 3) BGR: the scene through a perfect camera that stands still."""
        return self.draw(self._scene.silhouettes(t_s))

    def draw(self, silhouettes: Sequence[Silhouette]) -> Image:
        """(H, W, 3) BGR of figures furthest first."""
        picture = self._backdrop.copy()
        sun, share = self._atmosphere.sun
        small = (self._size[0] // 2, self._size[1] // 2)
        darken(picture, shadow_mask(self._scene.view, silhouettes, small, sun), share)
        for one in silhouettes:
            haze = self._atmosphere.haze(one.figure.distance_m)
            draw(picture, one, haze, self._blur_px(one), self._grain)
            draw_puffs(picture, one, glowing=False)
        self._atmosphere.grade(picture)
        self._atmosphere.shine(picture, silhouettes)
        for one in silhouettes:
            draw_puffs(picture, one, glowing=True)
        return picture

    def frames(self, times_s: Sequence[float]) -> Iterator[Image]:
        """As filmed, one per time; noise and rain go on from frame to frame, so draw a clip in order."""
        for t_s in times_s:
            yield self.filmed(self.clean(t_s), t_s)

    def filmed(self, picture: Image, t_s: float) -> Image:
        """With rain, the pole's sway, and the sensor's noise of the next frame."""
        picture = self._swayed(self._atmosphere.weather(picture), t_s)
        height, width = picture.shape[:2]
        top, left = self._generator.integers(0, NOISE_PX, 2)
        plus, minus = (part[top : top + height, left : left + width] for part in self._noise)
        return np.asarray(cv2.subtract(cv2.add(picture, plus), minus), np.uint8)

    def _swayed(self, picture: Image, t_s: float) -> Image:
        across, down = self._scene.shake(t_s)
        if across == 0 and down == 0:
            return picture
        width, height = self._size
        move = np.array([[1, 0, across * width], [0, 1, down * height]], np.float32)
        return np.asarray(cv2.warpAffine(picture, move, self._size, borderMode=cv2.BORDER_REPLICATE), np.uint8)

    def _blur_px(self, one: Silhouette) -> float:
        """How far it moves across the picture while the shutter is open."""
        pose, view = one.figure.pose, self._scene.view
        across = abs(pose.heading[0]) * pose.speed * self._scene.scenario.recording.exposure_s
        return across * view.focal * self._size[0] / max(one.figure.distance_m, 1.0)
