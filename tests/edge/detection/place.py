"""A place as a fixed camera sees it, made of numbers: a ground with a texture, noise, and what a story puts there."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Edit = Callable[[NDArray[np.float32], float], None]

HEIGHT, WIDTH = 180, 320
FPS = 2.0


def ground(seed: int = 1) -> NDArray[np.float32]:
    """Grey-brown, darker to one side, with patches the size of paving stones."""
    generator = np.random.default_rng(seed)
    stones = generator.normal(0, 8, (HEIGHT // 10 + 1, WIDTH // 10 + 1))
    texture = np.kron(stones, np.ones((10, 10)))[:HEIGHT, :WIDTH]
    light = np.linspace(0, 30, WIDTH)[None, :]
    base = np.array([118.0, 128.0, 132.0])
    return np.asarray(base + (texture + light)[..., None], np.float32)


def crate(picture: NDArray[np.float32], x: int = 140, y: int = 90, side: int = 36) -> None:
    """A brown box with a lighter lid and a stripe."""
    picture[y : y + side, x : x + side] = (40, 85, 140)
    picture[y : y + side // 3, x : x + side] = (90, 150, 190)
    picture[y + side // 2 : y + side // 2 + 4, x : x + side] = (30, 40, 60)


def shown(edit: Edit, t_s: float, noise: float = 3.0, seed: int = 1) -> Image:
    """The frame at a time: the ground, the story's edit of it, and the sensor's noise."""
    picture = ground(seed).copy()
    edit(picture, t_s)
    generator = np.random.default_rng(int(t_s * 1000) + 7)
    return np.clip(picture + noise * generator.standard_normal(picture.shape, np.float32), 0, 255).astype(np.uint8)
