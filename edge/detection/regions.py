"""Which part of a picture is worth a look, and what is known of the rest. Boxes `[x1, y1, x2, y2]`, relative."""

import numpy as np
from numpy.typing import NDArray

from models.detector.detections import Detections

Boxes = NDArray[np.float32]
WINDOW = 0.5  # of width and height: at half the input the network sees it exactly as large as in a look at the whole
MARGIN = 0.05  # of the picture, around what moved: the network needs to see what stands around it
LARGE_AREA = 0.02  # of the picture: what fills that much is seen in the whole picture only (`models.detector.looks`)
SAME_OBJECT = 0.3  # intersection over union, from one look to the next


def window_around(boxes: Boxes) -> tuple[float, float] | None:
    """The left upper corner of a window that holds all boxes with a margin; None when it would not."""
    grown = np.clip(boxes + np.array([-MARGIN, -MARGIN, MARGIN, MARGIN], np.float32), 0, 1)
    low, high = grown[:, :2].min(axis=0), grown[:, 2:].max(axis=0)
    if (high - low > WINDOW).any():
        return None
    left, top = np.clip((low + high - WINDOW) / 2, 0, 1 - WINDOW).tolist()
    return left, top


def cell_boxes(cells: NDArray[np.bool_], cell: tuple[float, float]) -> Boxes:
    """(N, 4) of the cells that are set. cell: width and height of one."""
    rows, columns = np.nonzero(cells)
    low = np.stack([columns * cell[0], rows * cell[1]], axis=1)
    return np.concatenate([low, low + np.array(cell)], axis=1).clip(0, 1).astype(np.float32)


def touched(boxes: Boxes, others: Boxes) -> NDArray[np.bool_]:
    """(N,) which of `boxes` overlap any of `others`."""
    if not len(boxes) or not len(others):
        return np.zeros(len(boxes), np.bool_)
    return np.asarray((_shared(boxes, others) > 0).any(axis=1), np.bool_)


def whole_in(boxes: Boxes, window: Boxes) -> NDArray[np.bool_]:
    """(N,) which of `boxes`, found in a window, are not cut off by its sides; the picture's own sides cut nothing."""
    slack = np.float32(0.004)
    low = (boxes[:, :2] > window[:2] + slack) | (window[:2] <= 0)
    high = (boxes[:, 2:] < window[2:] - slack) | (window[2:] >= 1)
    return np.asarray((low & high).all(axis=1), np.bool_)


def alike(a: Detections, b: Detections, sure_min: float, overlap_min: float = SAME_OBJECT) -> bool:
    """Two looks say the same: what one is sure of, the other has seen at least, in its place and of its class.
    overlap_min: intersection over union of the two boxes of an object.
    """
    return not (_without(a, b, sure_min, overlap_min) or _without(b, a, sure_min, overlap_min))


def merged(stays: Detections, found: Detections) -> Detections:
    """What is known of the rest of the picture, and what was found anew where it is not the same object."""
    new = ~_same(found, stays).any(axis=1) if len(stays) else np.ones(len(found), np.bool_)
    return Detections(
        np.concatenate([stays.boxes, found.boxes[new]]),
        np.concatenate([stays.scores, found.scores[new]]),
        np.concatenate([stays.class_ids, found.class_ids[new]]),
        found.class_names,
    )


def chosen(detections: Detections, keep: NDArray[np.bool_]) -> Detections:
    return Detections(
        detections.boxes[keep], detections.scores[keep], detections.class_ids[keep], detections.class_names
    )


def _without(a: Detections, b: Detections, sure_min: float, overlap_min: float) -> bool:
    sure = chosen(a, a.scores >= sure_min)
    return bool(len(sure)) and not bool(_same(sure, b, overlap_min).any(axis=1).all())


def _same(a: Detections, b: Detections, overlap_min: float = SAME_OBJECT) -> NDArray[np.bool_]:
    """(N, M)"""
    shared = _shared(a.boxes, b.boxes)
    union = _areas(a.boxes)[:, None] + _areas(b.boxes)[None, :] - shared
    overlap = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return np.asarray((overlap >= overlap_min) & (a.class_ids[:, None] == b.class_ids[None, :]), np.bool_)


def _shared(a: Boxes, b: Boxes) -> Boxes:
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    return np.asarray(np.prod(sides.clip(0), axis=2), np.float32)


def _areas(boxes: Boxes) -> Boxes:
    return np.asarray(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), np.float32)
