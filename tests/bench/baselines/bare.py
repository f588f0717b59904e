"""The bare network on an input that is ready, one look: `python -m tests.bench.baselines.bare CLIP SIZE_PX`."""

import sys
from collections.abc import Iterator

import numpy as np

from tests.bench.baselines.worker import serve
from tests.bench.bench_pipeline import network_session

HEIGHT_OF = {640: 384, 320: 192}  # of 1080p in whole strides


def main() -> None:
    size_px = int(sys.argv[2])
    session = network_session(2)
    tensor = np.random.default_rng(0).random((1, 3, HEIGHT_OF[size_px], size_px), np.float32)

    def rounds(frames: int) -> Iterator[None]:
        for _ in range(frames):
            session.run(None, {"images": tensor})
            yield

    serve(rounds)


if __name__ == "__main__":
    main()
