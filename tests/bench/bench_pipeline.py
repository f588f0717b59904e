"""What each step of a box costs, in one table: `.venv/bin/python -m tests.bench.bench_pipeline [--rounds 3]`.

One clip of 1080p, replayed as fast as it goes, round by round, with the very pipeline of a box; the steps are timed
where they stand. After each frame the bare network runs on the same picture, so that a busy machine slows both; CPU
time, of all threads, is what a busy machine changes least. Then a real site: box, broker and centre as processes, for
memory and for the way to the centre.
"""

import argparse
import itertools
import platform
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import onnxruntime

from edge.analysis import open_detector
from edge.capture.frame import Frame
from edge.replay import open_replay
from edge.settings import DetectorSettings
from models.card import Pixels
from models.detector.letterbox import Canvas, Letterbox, round_up
from models.registry import find_package
from tests.bench.footage import clip, rules_file
from tests.bench.live_site import live

WARM_UP = 8
Times = dict[str, list[float]]  # step -> ms


def timed(owner: Any, method: str, step: str, times: Times) -> None:
    """Replaces a method of this one object by itself and a stopwatch."""
    call: Callable[..., Any] = getattr(owner, method)

    def measured(*positional: Any, **named: Any) -> Any:
        started = time.perf_counter()
        result = call(*positional, **named)
        times[step].append((time.perf_counter() - started) * 1000)
        return result

    setattr(owner, method, measured)


def network_session(threads: int) -> onnxruntime.InferenceSession:
    """The shipped network as a box runs it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(find_package().read_weights(), options, ["CPUExecutionProvider"])


def sizes_px(size_px: int) -> tuple[int, ...]:
    """At which a box looks at a large frame."""
    trained_px = find_package().card.input.trained_px
    return (size_px, *((trained_px,) if trained_px < size_px else ()))


class Bare:
    """The network without anything of ours around it, at the sizes at which the detector looks."""

    def __init__(self, size_px: int, threads: int) -> None:
        self._session = network_session(threads)
        self._facts = find_package().card.input
        self._sizes_px = sizes_px(size_px)
        self._canvases: list[Canvas] = []

    def run(self, frame: Frame, times: Times) -> None:
        if not self._canvases:
            self._canvases = [self._canvas(frame, size_px) for size_px in self._sizes_px]
        begun = time.perf_counter()
        tensors = [canvas.paint(frame.raster) for canvas in self._canvases]
        painted = time.perf_counter()
        ends, cpu_s = [painted], time.process_time()
        for tensor in tensors:
            self._session.run(None, {"images": tensor})
            ends.append(time.perf_counter())
        times["bare CPU"].append((time.process_time() - cpu_s) * 1000)
        times["letterbox"].append((painted - begun) * 1000)
        times["bare large look"].append((ends[1] - painted) * 1000)
        times["bare"].append((ends[-1] - painted) * 1000)

    def _canvas(self, frame: Frame, size_px: int) -> Canvas:
        natural_px = max(self._facts.trained_px, round_up(max(frame.width, frame.height), self._facts.stride_px))
        side_px = min(size_px, natural_px)
        fitted = Letterbox.fit(frame.width, frame.height, side_px, self._facts.stride_px, self._facts.side_px_min)
        return Canvas(fitted, Pixels())


def one_round(path: Path, detector: Any, bare: Bare, frames: int) -> Times:
    """ms of each step of each frame; `whole` is from asking for the frame to its last commit."""
    times: Times = defaultdict(list)
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name)
        replay = open_replay(path, rules_file(folder), folder / "out", detector=detector)
        with replay.outbox, replay.camera as camera:
            source = camera.frames()
            for frame in itertools.islice(source, WARM_UP):
                replay.pipeline.step(frame)
                bare.run(frame, defaultdict(list))
            pipeline = replay.pipeline
            timed(pipeline._tracker, "update", "track", times)
            timed(pipeline._judge, "observe", "rules", times)
            timed(pipeline._dossiers._sealer.store, "seal", "seal a file", times)
            timed(pipeline._dossiers, "orders", "order what a frame needs", times)
            timed(replay.outbox, "commit", "outbox commit", times)
            for _ in range(frames):
                started, cpu_s = time.perf_counter(), time.process_time()
                following = next(source, None)
                if following is None:
                    break
                decoded = time.perf_counter()
                step = pipeline.step(following)
                ended = time.perf_counter()
                times["whole CPU"].append((time.process_time() - cpu_s) * 1000)
                times["decode and convert"].append((decoded - started) * 1000)
                times["detect()"].append(step.detect_s * 1000)
                times["whole"].append((ended - started) * 1000)
                bare.run(following, times)
    return times


def row(name: str, values: Sequence[float]) -> str:
    if not values:
        return f"| {name} | - | - | 0 |"
    return f"| {name} | {statistics.median(values):.2f} | {min(values):.2f} | {len(values)} |"


def print_steps(rounds: Sequence[Times]) -> None:
    print("| step | ms, median | ms, least | times |\n|---|---|---|---|")
    steps = ("decode and convert", "letterbox", "bare large look", "bare", "detect()", "track", "rules",
             "seal a file", "order what a frame needs", "outbox commit", "whole", "whole CPU", "bare CPU")  # fmt: skip
    for step in steps:
        print(row(step, [value for times in rounds for value in times[step]]))
    rates = [len(times["whole"]) / sum(times["whole"]) * 1000 for times in rounds]
    print(f"\nwhole pipeline: {statistics.median(rates):.1f} frames/s (best round {max(rates):.1f})")
    for whole, bare, what in (("whole", "bare", "all frames"), ("whole CPU", "bare CPU", "CPU time")):
        ratios = [sum(times[whole]) / sum(times[bare]) for times in rounds]
        print(f"whole / bare, {what}: {statistics.median(ratios):.2f} (least of the rounds {min(ratios):.2f})")
    middles = [statistics.median(times["whole"]) / statistics.median(times["bare"]) for times in rounds]
    print(f"whole / bare, the frame in the middle: {statistics.median(middles):.2f} (least {min(middles):.2f})")


def print_site(path: Path, seconds: float, size_px: int) -> None:
    with tempfile.TemporaryDirectory(dir=".") as name:
        one = live(Path(name) / "one", path, 1, seconds, size_px)
        three = live(Path(name) / "three", path, 3, 0.0, size_px)
    more = (three.pss_bytes - one.pss_bytes) / 2
    print(f"memory (PSS) of a box with one camera: {one.pss_bytes / 2**20:.0f} MiB; each more: {more / 2**20:.0f} MiB")
    found = sorted(one.latencies_ms)
    if len(found) < 2:
        print(f"frame to centre: {len(found)} incidents only, no percentiles")
        return
    p50, p95 = statistics.median(found), statistics.quantiles(found, n=20)[-1]
    print(f"frame to stored at the centre, {len(found)} incidents: p50 {p50:.0f} ms, p95 {p95:.0f} ms")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=70, help="of a round")
    parser.add_argument("--size", type=int, default=640, help="longer side of the network's input, px")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=40.0, help="of the real site; 0: none")
    options = parser.parse_args()
    path, what = clip()
    detector = open_detector(DetectorSettings(size_px=options.size, threads=options.threads, motion_gate=False))
    load = Path("/proc/loadavg").read_text(encoding="ascii").split()[0]
    print(f"{platform.machine()}, Python {platform.python_version()}, {detector.name} on {detector.engine}, ", end="")
    print(f"{options.size} px, {options.threads} threads, load {load} before it began\n{what}\n")
    bare = Bare(options.size, options.threads)
    print_steps([one_round(path, detector, bare, options.frames) for _ in range(options.rounds)])
    if options.seconds:
        print_site(path, options.seconds, options.size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
