"""How well scores tell yes from no."""

import numpy as np
from numpy.typing import NDArray


def auc(scores: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Mann and Whitney's, equals counted half."""
    hits, misses = scores[right], np.sort(scores[~right])
    below, upto = np.searchsorted(misses, hits, "left"), np.searchsorted(misses, hits, "right")
    return float((below + upto).sum() / 2 / max(len(hits) * len(misses), 1))
