"""What stands behind: a house with windows, a row of shops, a shell with scaffolding."""

import cv2
import numpy as np

from models.synthetic.figures import Colour
from models.synthetic.paint import SHIFT, Image, ball, pixels
from models.synthetic.scenario import Place
from models.synthetic.view import Points, View

Quad = tuple[float, float, float, float]  # left, bottom, right, top: metres
FACADE_M: dict[Place, float] = {"yard": 27.0, "street": 27.0, "shop": 15.0, "site": 26.0}
GLASS_DARK: Colour = (70, 58, 48)
SIGNS: tuple[Colour, ...] = ((60, 60, 170), (140, 90, 40), (60, 130, 70), (40, 140, 190), (120, 60, 110))


class Wall:
    """Flat pieces of a wall at one distance; a piece with more `nearer_m` stands before the others."""

    def __init__(self, picture: Image, view: View, z: float) -> None:
        self._picture, self._view, self._z = picture, view, z
        self._size = (picture.shape[1], picture.shape[0])

    def piece(self, quad: Quad, colour: Colour, nearer_m: float = 0.0) -> None:
        (x1, y1, x2, y2), z = quad, self._z - nearer_m
        corners = np.array([[x1, y1, z], [x2, y1, z], [x2, y2, z], [x1, y2, z]])
        cv2.fillPoly(self._picture, [pixels(self._view.project(corners), self._size)], colour, cv2.LINE_AA, SHIFT)

    def window(self, quad: Quad, glass: Colour, frame: Colour = (196, 204, 210)) -> None:
        x1, y1, x2, y2 = quad
        self.piece((x1 - 0.1, y1 - 0.1, x2 + 0.1, y2 + 0.1), frame, 0.02)
        self.piece(quad, glass, 0.03)
        self.piece((x1, (y1 + y2) / 2, x2, y2), tuple(min(255, part + 14) for part in glass), 0.03)  # type: ignore[arg-type]
        self.piece(((x1 + x2) / 2 - 0.03, y1, (x1 + x2) / 2 + 0.03, y2), frame, 0.04)


def stand_behind(picture: Image, view: View, place: Place, generator: np.random.Generator) -> None:
    wall = Wall(picture, view, FACADE_M[place])
    before = picture.copy()
    match place:
        case "yard":
            _house(wall)
        case "street":
            _shops(wall)
            _house_above(wall)
        case "shop":
            _one_shop(wall)
        case "site":
            _shell(wall)
    _weathered(picture, (picture != before).any(axis=2), generator)
    if place == "yard":
        for x in (-14.5, 12.5):
            _tree(picture, view, x, 25.6, generator)


def _weathered(picture: Image, walls: Points, generator: np.random.Generator) -> None:
    """Plaster is not even: stains and a fine roughness, on what was built only."""
    high, wide = picture.shape[:2]
    stains = cv2.resize(
        generator.normal(0, 1, (high // 24 + 2, wide // 24 + 2)), (wide, high), interpolation=cv2.INTER_CUBIC
    )
    rough = 3.5 * stains + 2.0 * generator.normal(0, 1, (high, wide))
    changed = np.clip(picture[walls].astype(np.float32) + rough[walls][:, None], 0, 255)
    picture[walls] = changed.astype(np.uint8)


def _house(wall: Wall) -> None:
    wall.piece((-40.0, 0.0, 40.0, 7.5), (150, 168, 186))
    wall.piece((-40.0, 0.0, 40.0, 0.5), (110, 118, 126), 0.01)
    for index in range(-10, 10):
        left = index * 4.0 - 0.9
        for bottom in (1.3, 4.6):
            if bottom < 2 and index % 4 == 0:
                wall.window((left, 0.1, left + 1.6, bottom + 1.5), (70, 84, 100))
            else:
                wall.window((left, bottom, left + 1.6, bottom + 1.5), (104 + 3 * (index % 3), 92, 76))


def _shops(wall: Wall) -> None:
    wall.piece((-45.0, 0.0, 45.0, 4.0), (128, 134, 142))
    for index in range(-7, 8):
        left = index * 6.0 - 3.0
        wall.window((left + 0.5, 0.7, left + 3.6, 2.7), GLASS_DARK, (90, 92, 96))
        wall.window((left + 4.1, 0.1, left + 5.3, 2.6), (60, 56, 52), (90, 92, 96))
        wall.piece((left + 0.3, 2.95, left + 5.6, 3.75), SIGNS[index % len(SIGNS)], 0.1)
        for letter in range(4):
            start = left + 1.4 + 0.9 * letter
            wall.piece((start, 3.12, start + 0.55, 3.58), (215, 225, 230), 0.12)


def _house_above(wall: Wall) -> None:
    wall.piece((-45.0, 4.0, 45.0, 12.0), (120, 142, 172))
    wall.piece((-45.0, 3.9, 45.0, 4.15), (170, 176, 180), 0.15)
    for index in range(-14, 15):
        left = index * 3.2 - 0.7
        for bottom in (4.9, 8.2):
            wall.window((left, bottom, left + 1.3, bottom + 1.7), (100 + 4 * (index % 3), 88, 70))


def _one_shop(wall: Wall) -> None:
    wall.piece((-30.0, 0.0, 30.0, 6.0), (140, 158, 176))
    wall.piece((-30.0, 0.0, 30.0, 0.35), (96, 104, 112), 0.01)
    wall.window((-5.2, 0.6, -1.0, 2.6), GLASS_DARK, (70, 74, 80))
    wall.window((1.7, 0.6, 5.4, 2.6), GLASS_DARK, (70, 74, 80))
    wall.piece((-0.6, 0.0, 1.3, 2.5), (40, 46, 54), 0.02)
    wall.piece((-5.6, 2.85, 5.8, 3.75), (50, 60, 165), 0.3)
    for letter in range(6):
        start = -3.4 + 1.2 * letter
        wall.piece((start, 3.05, start + 0.75, 3.55), (220, 230, 235), 0.32)
    for stripe in range(19):
        left = -5.7 + 0.6 * stripe
        wall.piece((left, 2.55, left + 0.6, 2.85), ((210, 210, 214), (70, 70, 180))[stripe % 2], 0.6)
    for left in (-11.5, 7.5):
        wall.window((left, 1.2, left + 3.0, 2.7), (110, 96, 80))


def _shell(wall: Wall) -> None:
    wall.piece((-40.0, 0.0, 40.0, 0.9), (120, 130, 138))
    for floor in range(4):
        bottom = 0.9 + 3.0 * floor
        wall.piece((-18.0, bottom, 18.0, bottom + 2.7), (88, 96, 102))
        wall.piece((-18.4, bottom + 2.7, 18.4, bottom + 3.0), (150, 156, 160), 0.2)
        for column in range(-6, 7):
            wall.piece((column * 3 - 0.2, bottom, column * 3 + 0.2, bottom + 2.8), (142, 148, 152), 0.1)
    for pole in range(-12, 13):
        wall.piece((pole * 1.5 - 0.04, 0.0, pole * 1.5 + 0.04, 12.0), (70, 110, 150), 1.2)
    for deck in range(1, 5):
        wall.piece((-18.2, deck * 2.6, 18.2, deck * 2.6 + 0.12), (80, 130, 170), 1.3)
    wall.piece((-17.0, 0.0, -11.0, 2.5), (150, 90, 40), 5.0)
    wall.piece((11.0, 0.0, 15.0, 1.1), (60, 110, 150), 6.0)


def _tree(picture: Image, view: View, x: float, z: float, generator: np.random.Generator) -> None:
    Wall(picture, view, z).piece((x - 0.15, 0.0, x + 0.15, 2.6), (50, 66, 84))
    for _ in range(70):
        across, up = generator.normal(0, 1.1), generator.normal(4.3, 0.75)
        at = view.project(np.array([[x + across, up, z]]))[0] * (picture.shape[1], picture.shape[0])
        radius = 0.6 * view.focal * picture.shape[1] / z
        green = int(generator.integers(70, 120))
        ball(picture, (float(at[0]), float(at[1])), radius, (green // 2, green, int(green * 0.72)), 0.8)
