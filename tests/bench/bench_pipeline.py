"""What a whole box costs over its network: `.venv/bin/python -m tests.bench.bench_pipeline CLIP RULES [--frames 400]`.

A replay of the clip as fast as it goes: decode, detect, track, judge, seal, commit. `detect` is what the detector says
of itself; everything else is the pipeline's price. CPU time beside wall time, for machines that do other work too.
"""

import argparse
import itertools
import logging
import platform
import sys
import tempfile
import time
from pathlib import Path

from edge import box
from edge.settings import DetectorSettings

WARM_UP = 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("rules", type=Path)
    parser.add_argument("--frames", type=int, default=400)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    detector = box.open_detector(DetectorSettings(threads=options.threads))
    with tempfile.TemporaryDirectory() as folder:
        replay = box.open_replay(options.clip, options.rules, Path(folder), detector=detector)
        with replay.outbox, replay.camera as camera:
            frames = camera.frames()
            for frame in itertools.islice(frames, WARM_UP):
                replay.pipeline.step(frame)
            started_s, started_cpu_s = time.perf_counter(), time.process_time()
            detect_s, step_s, count, revisions = 0.0, 0.0, 0, 0
            for frame in itertools.islice(frames, options.frames):
                before_s = time.perf_counter()
                step = replay.pipeline.step(frame)
                step_s += time.perf_counter() - before_s
                detect_s += step.detect_s
                count += 1
                revisions += len(step.revisions)
            total_s, cpu_s = time.perf_counter() - started_s, time.process_time() - started_cpu_s
    print(f"{platform.machine()}, Python {platform.python_version()}, {detector.name} on {detector.engine}")
    print(f"{count} frames of {frame.width} x {frame.height}, {revisions} revisions: {count / total_s:.1f} frames/s")
    per_frame = {
        "detect": detect_s,
        "decode and convert": total_s - step_s,
        "track, judge, seal, commit": step_s - detect_s,
        "CPU, all threads": cpu_s,
    }
    for name, seconds in per_frame.items():
        print(f"{name:28} {seconds / count * 1000:7.2f} ms a frame")
    print(f"whole over bare detect: {total_s / detect_s:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
