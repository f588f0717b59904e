"""A sample becomes the picture that the model is asked about, as the verifier would cut it."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.vlm.second_look.samples import MARGIN, Sample
from models.vlm.crop import crop
from models.vlm.marking import marked_crop


def render(images: Path, sample: Sample) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 BGR. Raises FileNotFoundError."""
    picture = read(images, sample.picture)
    if sample.zone and sample.damage not in ("unmarked", "unrelated"):
        part = marked_crop(picture, sample.box, MARGIN, sample.zone)
    else:
        part = crop(picture, sample.box, MARGIN).copy()
    return damaged(part, sample)


@lru_cache(maxsize=2)
def read(images: Path, picture: str) -> NDArray[np.uint8]:
    """picture: SET/NAME. Not to be written to: several crops of it in a row are cut from one array."""
    folder, name = picture.split("/")
    path = images / folder / "images" / f"{name}.jpg"
    content = cv2.imread(str(path))
    if content is None:
        raise FileNotFoundError(path)
    return np.asarray(content, np.uint8)


def damaged(part: NDArray[np.uint8], sample: Sample) -> NDArray[np.uint8]:
    random = np.random.default_rng(sample.seed)
    height, width = part.shape[:2]
    if sample.damage == "blank":
        level = random.uniform(0, 255, 3)
        slope = random.uniform(-40, 40) * np.linspace(-0.5, 0.5, height)[:, None, None] * (random.random() < 0.5)
        noise = random.normal(0, random.uniform(0, 12), part.shape)
        return np.clip(level + slope + noise, 0, 255).astype(np.uint8)
    if sample.damage == "blurred":
        sigma = max(width, height) * random.uniform(0.08, 0.2)
        return np.asarray(cv2.GaussianBlur(part, (0, 0), sigma), np.uint8)
    if sample.damage == "tiny":
        longest = random.integers(4, 9)
        scale = longest / max(width, height)
        size = max(2, round(width * scale)), max(2, round(height * scale))
        return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    if sample.damage == "occluded":
        left, top = round(width * random.uniform(0, 0.08)), round(height * random.uniform(0, 0.08))
        right, bottom = round(width * random.uniform(0.92, 1)), round(height * random.uniform(0.92, 1))
        cover = random.uniform(0, 255, 3) + random.normal(0, random.uniform(0, 10), (bottom - top, right - left, 3))
        part[top:bottom, left:right] = np.clip(cover, 0, 255).astype(np.uint8)
    return part
