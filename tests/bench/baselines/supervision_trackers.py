"""What a careful person writes with OpenCV, ONNX Runtime, `supervision` and `trackers`: decode, letterbox,
one look at the same network with the same threads, ByteTrack, zones. No evidence, no outbox.

`python -m tests.bench.baselines.supervision_trackers CLIP SIZE_PX`
"""

import sys
from collections.abc import Iterator

import cv2
import numpy as np
import supervision
from numpy.typing import NDArray
from trackers import ByteTrackTracker

from tests.bench.baselines.worker import serve
from tests.bench.bench_pipeline import network_session

STRIDE_PX = 32
SCORE_MIN = 0.1


def letterboxed(image: NDArray[np.uint8], size_px: int) -> tuple[NDArray[np.float32], float, int, int]:
    """The input, its scale, and where the picture begins in it."""
    height, width = image.shape[:2]
    scale = size_px / max(height, width)
    small = cv2.resize(image, (round(width * scale), round(height * scale)))
    rows, columns = (-(-side // STRIDE_PX) * STRIDE_PX for side in small.shape[:2])
    top, left = (rows - small.shape[0]) // 2, (columns - small.shape[1]) // 2
    bottom, right = rows - small.shape[0] - top, columns - small.shape[1] - left
    padded = cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    return cv2.dnn.blobFromImage(padded, 1 / 255, swapRB=True), scale, left, top  # type: ignore[return-value]


def main() -> None:
    clip, size_px = sys.argv[1], int(sys.argv[2])
    session = network_session(2)

    def rounds(frames: int) -> Iterator[None]:
        video, tracker = cv2.VideoCapture(clip), ByteTrackTracker()
        corners = np.array([[0, 0], [1919, 0], [1919, 1079], [0, 1079]])
        zone = supervision.PolygonZone(corners)
        for _ in range(frames):
            read, image = video.read()
            if not read:
                return
            tensor, scale, left, top = letterboxed(np.asarray(image, np.uint8), size_px)
            rows = session.run(None, {"images": tensor})[0][0]
            rows = rows[rows[:, 4] >= SCORE_MIN]
            boxes = (rows[:, :4] - [left, top, left, top]) / scale
            found = supervision.Detections(boxes, None, rows[:, 4], rows[:, 5].astype(int))
            zone.trigger(tracker.update(found))
            yield

    serve(rounds)


if __name__ == "__main__":
    main()
