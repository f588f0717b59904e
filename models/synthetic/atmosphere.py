"""Light and weather: how bright and of which colour everything is, how far one sees, rain, wet ground and lamps."""

from collections.abc import Sequence

import cv2
import numpy as np

from models.synthetic.actor import MOTOR_VEHICLES
from models.synthetic.backdrop import ground_of_pixels
from models.synthetic.figures import Colour
from models.synthetic.paint import SHIFT, Image, ball, pixels
from models.synthetic.scenario import Daylight, Sky
from models.synthetic.shadow import brighten
from models.synthetic.silhouette import Silhouette
from models.synthetic.vehicles import lamp_places
from models.synthetic.view import Points, View

# What is left of daylight, BGR, and the colour of the air.
LIGHT: dict[Daylight, tuple[float, float, float]] = {
    "day": (1.0, 1.0, 1.0), "dusk": (0.60, 0.62, 0.74), "night": (0.30, 0.25, 0.23),
}  # fmt: skip
LAMP: tuple[float, float, float] = (0.42, 0.56, 0.66)
LAMP_UP_M, LAMP_REACH_M = 5.5, 3.6
AIR: Colour = (206, 204, 200)
SIGHT_M = {"clear": 900.0, "rain": 120.0, "fog": 22.0}
SUN: dict[Daylight, tuple[float, float, float]] = {
    "day": (0.55, 0.25, 0.40),
    "dusk": (1.5, 0.3, 0.24),
    "night": (0, 0, 0.2),
}
CLOUDY_SHADE = 0.3
RAIN_LAYERS = 4
HEADLIGHT: Colour = (215, 235, 245)
TAILLIGHT: Colour = (40, 40, 235)


class Atmosphere:
    """For one view and size; what does not change from frame to frame is made once."""

    def __init__(self, view: View, sky: Sky, size: tuple[int, int], generator: np.random.Generator) -> None:
        self._view, self._sky, self._size = view, sky, size
        self._dark = sky.light != "day"
        self._map = self._light_map() if self._dark else None
        self._rain = self._rain_layers(generator) if sky.weather == "rain" else []
        self._generator = generator

    @property
    def sun(self) -> tuple[Points, float]:
        """Where shadows fall, metres `[x, z]` per metre of height, and how dark they are."""
        if self._sky.weather != "clear":
            return np.zeros(2), CLOUDY_SHADE
        x, z, share = SUN[self._sky.light]
        return np.array([x, z], float), share

    def haze(self, distance_m: float) -> tuple[Colour, float]:
        """The colour of the air before something this far away, and its share (Koschmieder 1924)."""
        return AIR, float(1.0 - np.exp(-max(distance_m, 0.0) / SIGHT_M[self._sky.weather]))

    def over_ground(self, picture: Image) -> Image:
        """The backdrop as the air shows it; wet where it rains."""
        _, z = ground_of_pixels(self._view, *self._size)
        far = np.where(np.isfinite(z), np.minimum(z, 28.0), 28.0).astype(np.float32)
        share = 1.0 - np.exp(-far / SIGHT_M[self._sky.weather])
        shown = picture.astype(np.float32)
        if self._sky.weather == "rain":
            wet = np.where(np.isfinite(z), 0.66, 0.85).astype(np.float32)
            mirrored = cv2.GaussianBlur(picture[::-1].astype(np.float32), (0, 0), 12)
            glance = np.where(np.isfinite(z), np.clip(far / 60, 0.05, 0.3), 0)[:, :, None]
            shown = shown * wet[:, :, None] * (1 - glance) + 0.8 * mirrored * glance
        shown = shown * (1 - share[:, :, None]) + np.array(AIR, np.float32) * share[:, :, None]
        return np.asarray(np.clip(shown, 0, 255), np.uint8)

    def grade(self, picture: Image) -> None:
        """Daylight to dusk or night, in place."""
        if self._map is not None:
            cv2.multiply(picture, self._map, picture, 1 / 255.0)

    def shine(self, picture: Image, silhouettes: Sequence[Silhouette]) -> None:
        """Street lamps and the lamps of vehicles, over the graded picture."""
        if not self._dark:
            return
        for x, z in self._sky.lamps:
            self._glow(picture, (x, LAMP_UP_M, z), 0.35, (170, 220, 255), 0.95)
            self._glow(picture, (x, LAMP_UP_M, z), 1.6, (120, 180, 230), 0.3)
        small = (self._size[0] // 2, self._size[1] // 2)
        cones = np.zeros((small[1], small[0]), np.uint8)
        for one in silhouettes:
            if one.figure.actor.kind not in MOTOR_VEHICLES:
                continue
            front, rear = lamp_places(one.figure.pose, one.figure.actor.kind)
            self._cone(cones, one, small)
            for place in front if one.figure.pose.heading[1] < 0.5 else []:
                self._glow(picture, place, 0.2, HEADLIGHT, 0.95)
                self._glow(picture, place, 0.8, HEADLIGHT, 0.22)
            for place in rear if one.figure.pose.heading[1] > -0.5 else []:
                self._glow(picture, place, 0.16, TAILLIGHT, 0.9)
                self._glow(picture, place, 0.5, TAILLIGHT, 0.22)
        brighten(picture, cones, (34, 42, 46) if self._sky.light == "night" else (16, 20, 22))

    def weather(self, picture: Image) -> Image:
        """Drops between the camera and the scene."""
        if not self._rain:
            return picture
        width, height = self._size
        layer = self._rain[int(self._generator.integers(RAIN_LAYERS))]
        top, left = self._generator.integers(0, 64, 2)
        return np.asarray(cv2.add(picture, layer[top : top + height, left : left + width]), np.uint8)

    def _light_map(self) -> Image:
        width, height = self._size
        x, z = ground_of_pixels(self._view, width, height)
        light = np.ones((height, width, 3), np.float32) * np.array(LIGHT[self._sky.light], np.float32)
        share = 0.45 if self._sky.light == "dusk" else 1.0
        for lamp_x, lamp_z in self._sky.lamps:
            near = np.exp(-((x - lamp_x) ** 2 + (z - lamp_z) ** 2) / (2 * LAMP_REACH_M**2))
            light += share * np.nan_to_num(near)[:, :, None] * np.array(LAMP, np.float32)
        return np.asarray(np.clip(light, 0, 1) * 255, np.uint8)

    def _rain_layers(self, generator: np.random.Generator) -> list[Image]:
        width, height = self._size
        long = max(5, height // 28)
        kernel = np.zeros((long, long), np.float32)
        cv2.line(kernel, (long // 2 - long // 10, 0), (long // 2 + long // 10, long - 1), (1.0,), 1)
        layers = []
        for _ in range(RAIN_LAYERS):
            drops = (generator.random((height + 64, width + 64)) > 0.9985).astype(np.float32) * 255
            streaks = cv2.filter2D(drops, -1, kernel) * generator.uniform(0.16, 0.24)
            grey = np.asarray(np.clip(streaks, 0, 90), np.uint8)
            layers.append(np.asarray(cv2.merge([grey, grey, grey]), np.uint8))
        return layers

    def _glow(
        self, picture: Image, place: tuple[float, float, float], radius_m: float, colour: Colour, share: float
    ) -> None:
        world = np.array([place])
        middle = self._view.project(world)[0] * self._size
        radius_px = radius_m * self._view.focal * self._size[0] / float(self._view.depth_m(world)[0])
        ball(picture, (float(middle[0]), float(middle[1])), radius_px, colour, share)
        if self._sky.weather == "rain" and place[1] < 2 and share > 0.5:  # the wet road shows it once more
            below = self._view.project(np.array([[place[0], -place[1], place[2]]]))[0] * self._size
            ball(picture, (float(below[0]), float(below[1])), radius_px * 2.2, colour, 0.3)

    def _cone(self, cones: Image, one: Silhouette, small: tuple[int, int]) -> None:
        pose = one.figure.pose
        forward = np.array(pose.heading)
        left = np.array([-forward[1], forward[0]])
        start = np.array([pose.x, pose.z]) + 2.2 * forward
        corners = np.array(
            [start + 0.7 * left, start + 8 * forward + 2.4 * left, start + 8 * forward - 2.4 * left, start - 0.7 * left]
        )
        if (corners[:, 1] > 1.0).all():
            cv2.fillPoly(cones, [pixels(self._view.ground(corners), small)], (255,), cv2.LINE_AA, SHIFT)
