"""What a network puts out once its boxes are boxes: before classes have our names and before any selection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.errors import PackageError


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """boxes: (N, 4) `[x1, y1, x2, y2]` in pixels of the network's input, unclipped. scores: (N,). class_ids: (N,)
    int64, as the network counts them. Nothing is promised about overlaps, order or finite numbers.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Question:
    """What a decoder has to know. input_width, input_height: px, of the network's input. class_count: of the network.
    score_min: what scores less need not be decoded.
    """

    input_width: int
    input_height: int
    class_count: int
    score_min: float


Decoder = Callable[[Sequence[NDArray[np.float32]], Question], Candidates]
"""The network's outputs in their order -> candidates. Raises PackageError when their shapes are another format's."""


@cache
def cells(input_width: int, input_height: int, strides_px: tuple[int, ...]) -> NDArray[np.float32]:
    """(N, 3) `[column, row, stride]` of every cell, stride by stride and row by row; where a stride does not divide a
    side, the last cell reaches over the edge.
    """
    levels = []
    for stride in strides_px:
        columns, rows = -(-input_width // stride), -(-input_height // stride)
        y, x = np.mgrid[:rows, :columns]
        levels.append(np.stack([x.ravel(), y.ravel(), np.full(x.size, stride)], axis=1))
    table = np.concatenate(levels).astype(np.float32)
    table.setflags(write=False)
    return table


def one_output(outputs: Sequence[NDArray[np.float32]], columns: int | None, rows: int | None) -> NDArray[np.float32]:
    """The only output without its batch dimension, (rows, columns); None: any number. Raises PackageError."""
    wanted = f"(1, {rows or 'N'}, {columns or 'N'})"
    if len(outputs) != 1:
        raise PackageError(f"the network has {len(outputs)} outputs, not one {wanted}: another decoder's format")
    shape = outputs[0].shape
    if len(shape) != 3 or shape[0] != 1 or (rows and shape[1] != rows) or (columns and shape[2] != columns):
        raise PackageError(f"the network's output is {shape}, not {wanted}: the card names another decoder's format")
    inner: NDArray[np.float32] = outputs[0][0]
    return inner


def best_of_each(scores: NDArray[np.float32], score_min: float) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """scores: (N, classes). The rows whose best score reaches score_min, and the class of that score."""
    rows = np.flatnonzero(scores.max(axis=1, initial=-np.inf) >= score_min)
    return rows, scores[rows].argmax(axis=1).astype(np.int64)
