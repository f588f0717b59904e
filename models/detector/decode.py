"""What a network puts out -> detections. One function per output format; a package's card names its format."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.detector.detections import Detections
from models.detector.letterbox import Letterbox
from models.detector.suppression import distinct
from models.errors import PackageError

Decoder = Callable[[NDArray[np.float32], Letterbox, tuple[str, ...], float, float], Detections]


def ultralytics_end_to_end(
    output: NDArray[np.float32],
    letterbox: Letterbox,
    class_names: tuple[str, ...],
    score_min: float,
    overlap_max: float,
) -> Detections:
    """(1, N, 6) rows `[x1, y1, x2, y2, score, class]` in input pixels, the N best.

    Such a head should give one box per object; after a short training it gives a second one now and then, so what
    overlaps a better box of its class by more than overlap_max goes. Boxes are clipped to the frame; what lies outside
    it, in the padding, or is not finite is dropped. Raises PackageError when the shape or a class index is not what the
    card promises.
    """
    if output.ndim != 3 or output.shape[0] != 1 or output.shape[2] != 6:
        raise PackageError(
            f"the network's output is {output.shape}, not (1, N, 6): the card names another decoder's format"
        )
    rows = output[0]
    rows = rows[(rows[:, 4] >= score_min) & np.isfinite(rows).all(axis=1)]
    class_ids = rows[:, 5].astype(np.int64)
    if len(rows) and not 0 <= int(class_ids.min()) <= int(class_ids.max()) < len(class_names):
        raise PackageError(f"the network speaks of class {int(class_ids.max())}, the card names {len(class_names)}")
    boxes = letterbox.to_frame(rows[:, :4]).clip(0.0, 1.0)
    inside = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    boxes, scores, class_ids = boxes[inside], rows[inside, 4].clip(0.0, 1.0), class_ids[inside]
    stays = distinct(boxes, scores, class_ids, overlap_max)
    return Detections(boxes[stays], scores[stays], class_ids[stays], class_names)


DECODERS: dict[str, Decoder] = {"ultralytics_end_to_end": ultralytics_end_to_end}
