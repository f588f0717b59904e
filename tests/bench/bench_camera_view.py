"""What looking after a camera's view costs, per look and per frame.

python -m tests.bench.bench_camera_view
"""

import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from edge.capture.frame import Frame
from edge.clock import SystemClock
from edge.health.camera_view import EVERY_S
from edge.health.view_watch import ViewWatch, view_file
from models.detector.rasters import BgrRaster

LOOKS, FPS = 400, 12.5


def _looks_s(watch: ViewWatch, pictures: Sequence[BgrRaster]) -> float:
    """CPU of all looks together."""
    clock, spent_s = SystemClock(), 0.0
    for index in range(LOOKS):
        frame = Frame("gate_1", index, index * EVERY_S, clock.now(), pictures[index % len(pictures)])
        began_s = time.process_time()
        watch.look(frame)
        spent_s += time.process_time() - began_s
    return spent_s


def main() -> None:
    random = np.random.default_rng(1)
    pictures = [BgrRaster(random.integers(0, 255, (1080, 1920, 3), np.uint8)) for _ in range(4)]
    for picture in pictures:
        picture.luma()  # made once for whoever looks
    with TemporaryDirectory() as folder:
        spent_s = _looks_s(ViewWatch(view_file(Path(folder), "timed")), pictures)
        tracemalloc.start()  # which slows everything down, so not while it is timed
        watch = ViewWatch(view_file(Path(folder), "weighed"))
        _looks_s(watch, pictures)
        held, _ = tracemalloc.get_traced_memory()
        size = view_file(Path(folder), "timed").stat().st_size
    look_ms = 1000 * spent_s / LOOKS
    print(f"a look {look_ms:.2f} ms of CPU, {look_ms / EVERY_S / FPS:.2f} ms per frame at {FPS} frames/s")
    print(f"memory {held / 1e6:.1f} MB, file {size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
