"""A box's pipeline against the bare network, a careful script and Ultralytics, on one 1080p clip, in turn.

`.venv/bin/python -m tests.bench.bench_against [--rounds 5] [--ultralytics PYTHON]`: PYTHON is that of an environment
with Ultralytics, which cannot be installed beside the box's OpenCV; without it that row is absent. Every baseline is a
process that waits for its turn, so a busy machine slows all of them; what counts are the ratios of a round. CPU is of
all threads.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from models.registry import find_package
from tests.bench.footage import ROOT, clip

BASELINES = "tests.bench.baselines"
ANSWER_S_MAX = 300


class Baseline:
    """A process of `tests/bench/baselines`."""

    def __init__(self, command: Sequence[str]) -> None:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "YOLO_VERBOSE": "false", "YOLO_OFFLINE": "true"}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(ANSWER_S_MAX)

    def go(self, frames: int) -> tuple[float, float]:
        """(wall ms, CPU ms) of a frame."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{frames}\n")
        self._process.stdin.flush()
        took = self._answer()
        return took["wall_s"] * 1000 / took["frames"], took["cpu_s"] * 1000 / took["frames"]

    def _answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                answer: dict[str, float] = json.loads(line)
                return answer
        raise SystemExit(f"bench_against: {' '.join(map(str, self._process.args))} ended")  # type: ignore[arg-type]


def commands(path: Path, size_px: int, ultralytics: str | None, weights: Path) -> dict[str, list[str]]:
    arguments = [str(path), str(size_px)]
    found = {
        name: [sys.executable, "-m", f"{BASELINES}.{module}", *arguments]
        for name, module in (("bare", "bare"), ("script", "supervision_trackers"), ("ours", "ours"))
    }
    if ultralytics is not None:
        script = str(Path(__file__).parent / "baselines" / "ultralytics_track.py")
        found["ultralytics"] = [ultralytics, script, *arguments, str(weights)]
    return found


def measured(named: Mapping[str, Sequence[str]], rounds: int, frames: int) -> dict[str, list[tuple[float, float]]]:
    with ExitStack() as stack:
        baselines = {name: stack.enter_context(Baseline(command)) for name, command in named.items()}
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in baselines}
        for _ in range(rounds):
            for name, baseline in baselines.items():
                took[name].append(baseline.go(frames))
    return took


def print_rows(size_px: int, took: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """ms of a frame, and how many times as long as ours; the ratio is the median of those of the rounds."""
    for name, rows in took.items():
        cells = [f"{statistics.median(column):.1f}" for column in zip(*rows, strict=True)]
        for column in (0, 1):
            ratios = [row[column] / our[column] for row, our in zip(rows, took["ours"], strict=True)]
            cells.append(f"{statistics.median(ratios):.2f}")
        print(f"| {size_px} | {name} | {' | '.join(cells)} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=40, help="of a round")
    parser.add_argument("--ultralytics", help="the python of an environment that has it")
    options = parser.parse_args()
    path, what = clip()
    load = Path("/proc/loadavg").read_text(encoding="ascii").split()[0]
    print(f"{platform.machine()}, Python {platform.python_version()}, load {load} before it began\n{what}\n")
    print("| size px | what | wall ms | CPU ms | wall, times ours | CPU, times ours |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        weights = Path(name) / "network.onnx"
        weights.write_bytes(find_package().read_weights())
        python = options.ultralytics and (shutil.which(options.ultralytics) or options.ultralytics)
        for size_px in (640, 320):
            print_rows(size_px, measured(commands(path, size_px, python, weights), options.rounds, options.frames))
    return 0


if __name__ == "__main__":
    sys.exit(main())
