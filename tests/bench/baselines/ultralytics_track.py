"""Ultralytics' `model.track` on the same network and clip, in an environment of its own (it needs another OpenCV):

`PYTHON tests/bench/baselines/ultralytics_track.py CLIP SIZE_PX WEIGHTS.onnx`, PYTHONPATH at the root.
"""

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
        for _, result in zip(range(frames), told, strict=False):
            for stage, took_ms in result.speed.items():
                stages.setdefault(stage, took_ms)
                stages[stage] = min(stages[stage], took_ms)
            yield
        print({stage: round(took_ms, 2) for stage, took_ms in stages.items()}, file=sys.stderr, flush=True)

    serve(rounds)


if __name__ == "__main__":
    main()
