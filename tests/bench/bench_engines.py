"""How fast networks in other numbers are: `.venv/bin/python -m tests.bench.bench_engines FILE.onnx ... [--rounds 30]`.

All files are timed in turn, round by round, on the same picture, by ONNX Runtime on the CPU as a box uses it. Times in
ms, median / least: by the clock, and of the processor, which other work on the machine changes less. Sizes in millions
of bytes.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime

from models.engine.machine import read_machine
from models.engine.onnx_runtime import OnnxRuntimeEngine
from tests.bench.bench_detector import median_and_least

INPUTS = {"320 x 192": (192, 320), "640 x 384": (384, 640)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    print(f"{read_machine().cpu}, onnxruntime {onnxruntime.__version__}, {arguments.threads} threads\n")
    engines = {path: OnnxRuntimeEngine(path.read_bytes(), threads=arguments.threads) for path in arguments.files}
    print("| file | size |", " | ".join(f"{name} | CPU" for name in INPUTS), "|\n|---|---|" + "---|---|" * len(INPUTS))
    cells: dict[Path, list[str]] = {path: [] for path in engines}
    for height, width in INPUTS.values():
        picture = np.random.default_rng(0).random((1, 3, height, width), np.float32)
        times_ms: dict[Path, list[tuple[float, float]]] = {path: [] for path in engines}
        for turn in range(arguments.rounds + 1):
            for path, engine in engines.items():
                began_s, used_s = time.perf_counter(), time.process_time()
                engine.run({engine.inputs[0].name: picture})
                if turn:  # the first one sets memory aside
                    took_s = time.perf_counter() - began_s, time.process_time() - used_s
                    times_ms[path].append((took_s[0] * 1000, took_s[1] * 1000))
        for path, times in times_ms.items():
            cells[path].extend(median_and_least(column) for column in zip(*times, strict=True))
    for path, row in cells.items():
        print(f"| {path.parent.name}/{path.name} | {path.stat().st_size / 1e6:.1f} |", " | ".join(row), "|")
    return 0


if __name__ == "__main__":
    sys.exit(main())
