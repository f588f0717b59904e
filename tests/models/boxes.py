"""Arithmetic of boxes that tests share."""

import numpy as np
from numpy.typing import NDArray


def overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Intersection over union of two boxes."""
    corner, far = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    shared = float(np.prod((far - corner).clip(0)))
    areas = float(np.prod(one[2:] - one[:2])) + float(np.prod(other[2:] - other[:2]))
    return shared / (areas - shared) if shared else 0.0
