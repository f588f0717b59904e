"""The bare network on inputs that are ready: `python -m tests.bench.baselines.bare CLIP SIZE_PX`."""

import sys
from collections.abc import Iterator

import numpy as np

from tests.bench.baselines.worker import serve
from tests.bench.bench_pipeline import network_session, sizes_px

HEIGHT_OF = {640: 384, 320: 192}  # of 1080p in whole strides


def main() -> None:
    size_px = int(sys.argv[2])
    session = network_session(2)
    shapes = [(1, 3, HEIGHT_OF[side], side) for side in sizes_px(size_px)]
    inputs = [np.random.default_rng(side[3]).random(side, np.float32) for side in shapes]

    def rounds(frames: int) -> Iterator[None]:
        for _ in range(frames):
            for tensor in inputs:
                session.run(None, {"images": tensor})
            yield

    serve(rounds)


if __name__ == "__main__":
    main()
