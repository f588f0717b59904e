"""What a frame costs in the tracker: `.venv/bin/python -m tests.bench.bench_tracker [--rounds 5]`.

People who walk across the picture at 25 frames/s, one in ten not detected, boxes that shake. Beside it, in turn on the
same detections, ByteTrack and SORT of the `trackers` package. Times in ms per frame: median of all rounds / least
median of a round.
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
import supervision
from trackers import ByteTrackTracker, SORTTracker

from edge.tracking.tracker import Tracker
from models.detector.detections import Detections

OBJECTS = (20, 70, 100)
FRAMES = 250
WARM_UP = 25
FPS = 25
SIZE = np.array([0.03, 0.09])


def walk(objects: int) -> list[Detections]:
    rng = np.random.default_rng(objects)
    begin, speed = rng.random((objects, 2)) * 0.9, (rng.random((objects, 2)) - 0.5) * 0.06
    frames = []
    for number in range(FRAMES):
        low = begin + speed * number / FPS + rng.normal(0, 0.001, (objects, 2))
        found = rng.random(objects) > 0.1
        boxes = np.concatenate((low, low + SIZE), axis=1)[found].astype(np.float32)
        scores = rng.uniform(0.5, 0.95, len(boxes)).astype(np.float32)
        frames.append(Detections(boxes, scores, np.zeros(len(boxes), np.int64), ("person",)))
    return frames


def ours(frames: Sequence[Detections]) -> list[float]:
    tracker = Tracker("bench")
    return timed([partial(tracker.update, found, number / FPS) for number, found in enumerate(frames)])


def theirs(make: Callable[[], object], frames: Sequence[Detections]) -> list[float]:
    tracker = make()
    pixels = [
        supervision.Detections(xyxy=found.boxes * 1000, confidence=found.scores, class_id=found.class_ids)
        for found in frames
    ]
    return timed([partial(tracker.update, found) for found in pixels])  # type: ignore[attr-defined]


def timed(calls: Sequence[Callable[[], object]]) -> list[float]:
    times_ms = []
    for call in calls:
        start = time.perf_counter()
        call()
        times_ms.append((time.perf_counter() - start) * 1000)
    return times_ms[WARM_UP:]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    processor = next((line.split(": ", 1)[1] for line in facts if line.startswith("model name")), platform.machine())
    print(f"{processor}, {platform.platform()}, numpy {np.__version__}\n")
    print("| objects | ours | ByteTrack of `trackers` | SORT of `trackers` |\n|---|---|---|---|")
    for objects in OBJECTS:
        frames = walk(objects)
        measured: dict[str, Callable[[], list[float]]] = {
            "ours": partial(ours, frames),
            "ByteTrack": partial(theirs, ByteTrackTracker, frames),
            "SORT": partial(theirs, SORTTracker, frames),
        }
        medians: dict[str, list[float]] = {name: [] for name in measured}
        for _ in range(rounds):
            for name, measure in measured.items():
                medians[name].append(statistics.median(measure()))
        cells = [f"{statistics.median(one):.2f} / {min(one):.2f}" for one in medians.values()]
        print("|", " | ".join([str(objects), *cells]), "|")
    return 0


if __name__ == "__main__":
    sys.exit(main())
