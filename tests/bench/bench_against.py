"""A box's pipeline against the bare network, a careful script and Ultralytics, on one 1080p clip, in turn.

`.venv/bin/python -m tests.bench.bench_against [--rounds 5] [--ultralytics PYTHON]`: PYTHON is that of an environment
with Ultralytics, which cannot be installed beside the box's OpenCV; without it that row is absent. Every baseline is a
process that waits for its turn, so a busy machine slows all of them; what counts are the ratios of a round. CPU is of
all threads. The baselines look once at a frame; the box looks once (`box`) and as it ships (`box, shipped`), on mostly
still footage both with its gate.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from models.registry import find_package
from tests.bench.footage import ROOT, clip
from tests.bench.still_clips import STILL_CLIPS, still_clip

BASELINES = "tests.bench.baselines"
ANSWER_S_MAX = 300
OURS = ("box", "box, shipped")


@dataclass(frozen=True, slots=True)
class Took:
    """Of a frame, in a round. stages: what the baseline says of itself."""

    wall_ms: float
    cpu_ms: float
    stages: Mapping[str, float] = field(default_factory=dict)


class Baseline:
    """A process of `tests/bench/baselines`."""

    def __init__(self, command: Sequence[str]) -> None:
        found_in = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        environment = os.environ | {"PYTHONPATH": found_in, "YOLO_VERBOSE": "false", "YOLO_OFFLINE": "true"}
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

    def go(self, frames: int) -> Took:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{frames}\n")
        self._process.stdin.flush()
        told = self._answer()
        done = told["frames"]
        return Took(told["wall_s"] * 1000 / done, told["cpu_s"] * 1000 / done, told["stages"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise SystemExit(f"bench_against: {' '.join(map(str, self._process.args))} ended")  # type: ignore[arg-type]


def commands(path: Path, size_px: int, ultralytics: str | None, weights: Path, *, gate: bool) -> dict[str, list[str]]:
    arguments = [str(path), str(size_px)]
    found = {
        name: [sys.executable, "-m", f"{BASELINES}.{module}", *arguments]
        for name, module in (("bare network", "bare"), ("script", "supervision_trackers"))
    }
    if ultralytics is not None:
        script = str(Path(__file__).parent / "baselines" / "ultralytics_track.py")
        found["ultralytics"] = [ultralytics, script, *arguments, str(weights)]
    ours = [sys.executable, "-m", f"{BASELINES}.ours", *arguments]
    if gate:
        return found | {"box": [*ours, "one", "gate"], "box, shipped": [*ours, "shipped", "gate"]}
    return found | {"box": [*ours, "one"], "box, shipped": [*ours, "shipped"]}


def measured(named: Mapping[str, Sequence[str]], rounds: int, frames: int) -> dict[str, list[Took]]:
    with ExitStack() as stack:
        baselines = {name: stack.enter_context(Baseline(command)) for name, command in named.items()}
        took: dict[str, list[Took]] = {name: [] for name in baselines}
        for number in range(rounds):
            for name, baseline in baselines.items():
                print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
                took[name].append(baseline.go(frames))
    return took


def rows_of(title: str, took: Mapping[str, Sequence[Took]]) -> list[str]:
    """Medians of the rounds; the ratios are medians of each round's own."""
    rows = []
    for name, rounds in took.items():
        cells = [title, name]
        cells += [f"{statistics.median(one.wall_ms for one in rounds):.1f}"]
        cells += [f"{statistics.median(one.cpu_ms for one in rounds):.1f}"]
        around = [one.stages["pre and post"] for one in rounds if "pre and post" in one.stages]
        cells += [f"{statistics.median(around):.2f}" if around else "-"]
        for ours in OURS:
            pairs = zip(rounds, took.get(ours, ()), strict=False)
            ratios = [one.wall_ms / our.wall_ms for one, our in pairs]
            cells += [f"{statistics.median(ratios):.2f}" if ratios else "-"]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def around_network(took: Mapping[str, Sequence[Took]]) -> str:
    """What is before and after the network, in the box with one look and as Ultralytics' predictor says of itself."""
    pairs = zip(took.get("box", ()), took.get("ultralytics", ()), strict=False)
    ratios = [our.stages["pre and post"] / their.stages["pre and post"] for our, their in pairs]
    return f"pre and post, box / Ultralytics: {statistics.median(ratios):.2f}" if ratios else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=300, help="of a round; the clip has 320; 0: none")
    parser.add_argument("--still-frames", type=int, default=500, help="of a round of the still clip; 0: none")
    parser.add_argument("--sizes", type=int, nargs="+", default=[640, 320], choices=(640, 320), help="px")
    parser.add_argument("--ultralytics", help="the python of an environment that has it")
    options = parser.parse_args()
    path, what = clip()
    load = Path("/proc/loadavg").read_text(encoding="ascii").split()[0]
    print(f"{platform.machine()}, Python {platform.python_version()}, load {load} before it began\n{what}\n")
    print("| footage | what | wall ms | CPU ms | pre and post ms | box's frames/s over it | the shipped box's |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        weights = Path(name) / "network.onnx"
        weights.write_bytes(find_package().read_weights())
        python = options.ultralytics and (shutil.which(options.ultralytics) or options.ultralytics)
        apart = list[str]()
        for size_px in options.sizes:
            if options.frames:
                named = commands(path, size_px, python, weights, gate=False)
                took = measured(named, options.rounds, options.frames)
                print("\n".join(rows_of(f"{size_px} px", took)), flush=True)
                apart.append(f"{size_px} px: {around_network(took)}")
            if options.still_frames:
                still = still_clip(STILL_CLIPS[0])
                named = commands(still, size_px, python, weights, gate=True)
                rows = rows_of(f"{size_px} px, still, gate", measured(named, options.rounds, options.still_frames))
                print("\n".join(rows), flush=True)
    print("", *apart, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
