"""How much of each figure others hide: all of them drawn as labels, far to near, and counted."""

from collections.abc import Sequence

import cv2
import numpy as np

from models.synthetic.figures import Puff
from models.synthetic.silhouette import Silhouette
from models.synthetic.view import Points

WIDTH_PX = 512


def hidden_shares(silhouettes: Sequence[Silhouette], aspect: float) -> dict[str, float]:
    """By actor, 0..1, of its pixels inside the picture; silhouettes furthest first. Smoke and flames hide nothing."""
    size = (WIDTH_PX, max(2, round(WIDTH_PX / aspect)))
    labels = np.zeros((size[1], size[0]), np.uint8)
    whole: dict[str, int] = {}
    for number, one in enumerate(silhouettes, start=1):
        outlines = [shape.outline for shape in one.shapes if not isinstance(shape.solid, Puff)]
        if not outlines:
            continue
        corners = _pixels(np.concatenate(outlines), size)
        polygons = np.split(corners, np.cumsum([len(outline) for outline in outlines])[:-1])
        low = np.clip(corners.min(axis=0), 0, np.array(size) - 1)
        high = np.clip(corners.max(axis=0) + 1, 1, size)
        own = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        for polygon in polygons:
            cv2.fillPoly(own, [polygon - low], (1,))
        labels[low[1] : high[1], low[0] : high[0]][own > 0] = number
        whole[one.figure.actor.actor_id] = int(own.sum())
    left = np.bincount(labels.reshape(-1), minlength=len(silhouettes) + 1)
    return {
        one.figure.actor.actor_id: 1.0 - float(left[number]) / count
        for number, one in enumerate(silhouettes, start=1)
        if (count := whole.get(one.figure.actor.actor_id, 0))
    }


def _pixels(outline: Points, size: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return np.round(np.clip(outline, -1.0, 2.0) * size - 0.5).astype(np.int32)
