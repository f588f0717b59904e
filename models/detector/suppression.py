"""One box for one object: what overlaps a better box of its own class too much goes."""

import numpy as np
from numpy.typing import NDArray

from models.detector.overlap import overlaps


def distinct(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], class_ids: NDArray[np.int64], overlap_max: float
) -> NDArray[np.int64]:
    """Greedy non-maximum suppression within each class (Felzenszwalb et al. 2010).

    boxes: (N, 4) `[x1, y1, x2, y2]` in any one unit. overlap_max: intersection over union from which on the lower
    score goes; 1 keeps all. Returns the indices that stay, best score first; equal scores keep their order.
    """
    order = np.argsort(-scores, kind="stable")
    if overlap_max >= 1 or len(order) < 2:
        return order
    rivals = (overlaps(boxes[order], boxes[order]) > overlap_max) & (class_ids[order, None] == class_ids[None, order])
    stays = np.ones(len(order), bool)
    for index in range(len(order)):
        if stays[index]:
            stays[index + 1 :] &= ~rivals[index, index + 1 :]
    return order[stays]
