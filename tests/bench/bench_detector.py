"""What a detection costs over the bare network: `.venv/bin/python -m tests.bench.bench_detector [--rounds 30]`.

All are timed in turn, round by round, so that a busy machine slows all. Times in ms, median / least. CPU: of this
process, per detection, when one comes every 100 ms as from a camera: with onnxruntime's spinning threads and without.
"""

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime

from models.card import Pixels
from models.detector.candidates import Question
from models.detector.decode import DECODERS
from models.detector.detector import Detector
from models.detector.letterbox import Canvas, Letterbox
from models.detector.rasters import BgrRaster
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.registry import find_package

FRAMES = {"768 x 576": (768, 576), "1920 x 1080": (1920, 1080)}
SIZES_PX = (320, 480, 640, 768)
PERIOD_S = 0.1


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def median_and_least(times_ms: Sequence[float]) -> str:
    return f"{statistics.median(times_ms):.2f} / {min(times_ms):.2f}"


def session(threads: int, *, spinning: bool) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spinning else "0")
    weights = find_package().read_weights()
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


def overhead(rounds: int, threads: int) -> None:
    package = find_package()
    engine = OnnxRuntimeEngine(package.read_weights(), threads=threads)
    bare = session(threads, spinning=False)
    print(
        "| frame | size | input | bare `session.run` | `detect()` | letterbox | decode |\n|---|---|---|---|---|---|---|"
    )
    for name, (width, height) in FRAMES.items():
        image = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
        for size_px in SIZES_PX:
            detector = Detector(package, engine, size_px=size_px)
            raster = BgrRaster(image)
            canvas = Canvas(Letterbox.fit(width, height, size_px, 32, 128), Pixels())
            tensor = canvas.paint(raster)
            outputs = bare.run(None, {"images": tensor})
            question = Question(tensor.shape[3], tensor.shape[2], len(detector.class_names), 0.1)
            calls: dict[str, Callable[[], object]] = {
                "bare": partial(bare.run, None, {"images": tensor}),
                "detect": partial(detector.detect, image),
                "letterbox": partial(canvas.paint, raster),
                "decode": partial(DECODERS[package.card.decoder], outputs, question),
            }
            times_ms: dict[str, list[float]] = {what: [] for what in calls}
            for _ in range(rounds):
                for what, call in calls.items():
                    times_ms[what].append(timed(call))
            shape = f"{tensor.shape[3]} x {tensor.shape[2]}"
            print("|", " | ".join([name, str(size_px), shape, *map(median_and_least, times_ms.values())]), "|")


def spinning(rounds: int) -> None:
    print("\n| threads | spinning | `session.run` 640 x 480 | CPU per detection |\n|---|---|---|---|")
    tensor = np.random.default_rng(0).random((1, 3, 480, 640), np.float32)
    for threads in (1, 2):
        for spins in (True, False):
            network = session(threads, spinning=spins)
            network.run(None, {"images": tensor})
            times_ms, used_s = [], time.process_time()
            for _ in range(rounds):
                times_ms.append(timed(partial(network.run, None, {"images": tensor})))
                time.sleep(max(0.0, PERIOD_S - times_ms[-1] / 1000))
            used_ms = (time.process_time() - used_s) * 1000 / rounds
            row = (threads, "yes" if spins else "no", median_and_least(times_ms), f"{used_ms:.0f} ms")
            print("|", " | ".join(map(str, row)), "|")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    processor = next((line.split(": ", 1)[1] for line in facts if line.startswith("model name")), platform.machine())
    print(f"{processor}, {platform.platform()}, onnxruntime {onnxruntime.__version__}, {arguments.threads} threads\n")
    overhead(arguments.rounds, arguments.threads)
    spinning(arguments.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
