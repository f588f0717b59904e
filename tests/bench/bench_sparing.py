"""What leaving out the pictures that no other refers to spares: `.venv/bin/python -m tests.bench.bench_sparing`.

The pipeline's clip at 1080p and 25 frames/s, as x264 writes it without B pictures, with them, and with B pictures that
refer to each other. Decoded whole and sparingly, in turn; CPU of all threads, medians of the rounds.
"""

import argparse
import statistics
import sys
import time
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av

from edge.capture.decoding import VideoSource
from tests.bench.footage import CACHE, SIZE, clip

FPS = 25
FRAMES = 250
STREAMS = {
    "none": "bframes=0",
    "2, pyramid none": "bframes=2:b-adapt=0:b-pyramid=none",
    "3, pyramid normal": "bframes=3:b-pyramid=normal",
}


def encoded(name: str) -> Path:
    target = CACHE / f"sparing-{name.replace(', ', '-').replace(' ', '-')}.mp4"
    if not target.exists():
        arriving = target.with_suffix(".part.mp4")
        options = {"preset": "veryfast", "crf": "23", "g": str(2 * FPS), "x264-params": STREAMS[name]}
        with av.open(str(arriving), "w") as new, av.open(str(clip()[0])) as source:
            stream = new.add_stream("libx264", rate=FPS, options=options)
            stream.width, stream.height = SIZE
            stream.pix_fmt = "yuv420p"
            for number, picture in enumerate(islice(source.decode(video=0), FRAMES)):
                picture.pts, picture.time_base = number, Fraction(1, FPS)
                new.mux(stream.encode(picture))
            new.mux(stream.encode(None))
        arriving.rename(target)
    return target


def decoded(path: Path, *, sparing: bool) -> tuple[int, float]:
    """Pictures, and seconds of CPU."""
    begun_s = time.process_time()
    with VideoSource(f"file:{path}", str(path), None) as source:
        source.spare(on=sparing)
        pictures = sum(1 for _ in source.pictures())
    return pictures, time.process_time() - begun_s


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print("| B pictures | pictures decoded | CPU s whole | CPU s sparing | sparing / whole |\n|---|---|---|---|---|")
    for name in STREAMS:
        path = encoded(name)
        took = [(decoded(path, sparing=False), decoded(path, sparing=True)) for _ in range(rounds)]
        whole, some = (statistics.median(one[side][1] for one in took) for side in (0, 1))
        pictures = f"{took[0][1][0]} of {took[0][0][0]}"
        print(f"| {name} | {pictures} | {whole:.2f} | {some:.2f} | {some / whole:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
