"""What a background model says of one sample: areas of the picture that are new and still."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

# left: something stands there now. removed: something stood there before. light: the same surface, brighter or darker.
# covered: a person or a vehicle that stands still. unclear: the contour does not say which.
Verdict = Literal["left", "removed", "light", "covered", "unclear"]


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """One connected area that differs from the background and has not changed for a while.

    label: its number in `Observation.labels`. since_s: stream seconds from which on most of it looks as it does.
    contour: -1 to 1, how much more contrast there is across its outline now than in the background (`verdict.py`).
    visible: share of it that this sample shows, 0 to 1; people in front of it hide it.
    """

    label: int
    area_px: int
    since_s: float
    contour: float
    visible: float
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """labels: (h, w) int32 of the model's small picture, 0 where nothing is new. back: where this sample shows the
    background. restarted: everything is learnt anew, what was known of this camera's picture is void.
    """

    blobs: tuple[Blob, ...]
    labels: NDArray[np.int32]
    back: Mask
    restarted: bool = False
