"""What a camera's process costs: memory by size of the picture, and what reconnects leave behind.

.venv/bin/python -m tests.bench.bench_cameras [--reconnects 500]
"""

import argparse
import tempfile
import time
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from edge.capture.isolated import IsolatedCamera
from edge.capture.live import Patience
from edge.capture.source import Source
from edge.clock import SystemClock

SIZES = ((640, 360), (1280, 720), (1920, 1080))
CAMERAS = 3


def pss_mb(process_id: int | None) -> float:
    lines = Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def memory(clip: Path) -> float:
    """MB (PSS) of each of CAMERAS processes at once, after three seconds of pictures."""
    source = Source("gate_1", "file", str(clip), str(clip), Patience(), loop=True)
    with ExitStack() as stack:
        cameras = [stack.enter_context(IsolatedCamera(source, SystemClock())) for _ in range(CAMERAS)]
        for camera in cameras:
            list(islice(camera.frames(), 60))
        return sum(pss_mb(camera.process_id) for camera in cameras) / CAMERAS


def main() -> None:
    from tests.integration.test_lost_cameras import connections_cost
    from tests.mjpeg import MjpegCamera
    from tests.rendered_clip import render_clip

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reconnects", type=int, default=500)
    reconnects: int = parser.parse_args().reconnects
    with tempfile.TemporaryDirectory() as folder:
        for width, height in SIZES:
            clip = render_clip(Path(folder) / f"{width}.mp4", frames=80, fps=20, size=(width, height))
            print(f"{width} x {height}: {memory(clip):.1f} MB PSS per camera of {CAMERAS}")
    began_s = time.monotonic()
    grown_kb, descriptors = connections_cost(MjpegCamera(after=3, fps=200), reconnects)
    took_s = time.monotonic() - began_s
    print(f"{reconnects} reconnects in {took_s:.0f} s: {grown_kb / 1024:+.1f} MB RSS, {descriptors:+d} descriptors")


if __name__ == "__main__":
    main()
