"""What a detector found in one frame: the one struct of arrays that every later step takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Detections of one frame, in relative frame coordinates (x right, y down, 0..1).

    boxes: (N, 4) float32, `[x1, y1, x2, y2]`; scores: (N,) float32 in 0..1;
    class_ids: (N,) int64, indices into `class_names`.

    Raises ValueError when the shapes do not agree or a class id has no name.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        count = len(self.boxes)
        if self.boxes.shape != (count, 4) or self.scores.shape != (count,) or self.class_ids.shape != (count,):
            msg = f"boxes {self.boxes.shape}, scores {self.scores.shape}, class_ids {self.class_ids.shape} do not agree"
            raise ValueError(msg)
        if count and not (int(self.class_ids.min()) >= 0 and int(self.class_ids.max()) < len(self.class_names)):
            raise ValueError(f"class id outside the {len(self.class_names)} class names")

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def none(cls, class_names: tuple[str, ...]) -> "Detections":
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64), class_names)

    def above(self, score_min: float) -> "Detections":
        keep = self.scores >= score_min
        return Detections(self.boxes[keep], self.scores[keep], self.class_ids[keep], self.class_names)
