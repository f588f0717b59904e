"""Ultralytics' `model.track` on the same network and clip, in an environment of its own (it needs another OpenCV):

`PYTHON tests/bench/baselines/ultralytics_track.py CLIP SIZE_PX WEIGHTS.onnx`, PYTHONPATH at the root.
"""

import statistics
import sys
from collections.abc import Iterator

from models.training.torchvision_shim import install

install()

from ultralytics import YOLO  # type: ignore[import-not-found]  # noqa: E402

from tests.bench.baselines.worker import serve  # noqa: E402


def main() -> None:
    clip, size_px, weights = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    stages: dict[str, float] = {}

    def rounds(frames: int) -> Iterator[None]:
        model = YOLO(weights, task="detect")
        told = model.track(clip, imgsz=size_px, conf=0.1, stream=True, verbose=False, tracker="bytetrack.yaml")
        around: list[float] = []
        for _, result in zip(range(frames), told, strict=False):
            around.append(result.speed["preprocess"] + result.speed["postprocess"])
            yield
        stages["pre and post"] = statistics.mean(around)

    serve(rounds, stages)


if __name__ == "__main__":
    main()
