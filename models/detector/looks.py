"""Two looks at one picture, joined: the whole of it as large as the network can, and small, as it learned.

A network that learned on small pictures full of large objects loses what fills a large input (a car below the camera,
a person at the counter), and loses the far ones in a small input. An image pyramid of two steps (Adelson et al. 1984)
sees both; the small look costs a fifth of the large one.
"""

import numpy as np
from numpy.typing import NDArray

from models.detector.detections import Detections
from models.detector.overlap import areas, overlaps

NEAR_AREA_MIN = 0.02  # of the picture: smaller things are the large look's business
OVERLAP_SAME_OBJECT = 0.55  # intersection over union


def joined(far: Detections, near: Detections) -> Detections:
    """far: the look at the large input. near: at the small one; of it only what is large counts. Of two detections of
    one class and one object the surer one stays.
    """
    large: NDArray[np.bool_] = areas(near.boxes) >= np.float32(NEAR_AREA_MIN)
    near = _take(near, large)
    same = overlaps(far.boxes, near.boxes) >= OVERLAP_SAME_OBJECT
    same &= far.class_ids[:, None] == near.class_ids[None, :]
    surer_near = near.scores[None, :] > far.scores[:, None]
    far_stays: NDArray[np.bool_] = np.logical_not((same & surer_near).any(axis=1))
    near_stays: NDArray[np.bool_] = np.logical_not((same & ~surer_near).any(axis=0))
    far, near = _take(far, far_stays), _take(near, near_stays)
    return Detections(
        np.concatenate((far.boxes, near.boxes)),
        np.concatenate((far.scores, near.scores)),
        np.concatenate((far.class_ids, near.class_ids)),
        far.class_names,
    )


def _take(detections: Detections, keep: NDArray[np.bool_]) -> Detections:
    return Detections(
        detections.boxes[keep], detections.scores[keep], detections.class_ids[keep], detections.class_names
    )
