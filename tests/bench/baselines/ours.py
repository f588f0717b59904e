"""A box's pipeline on a clip, with evidence and outbox.

`python -m tests.bench.baselines.ours CLIP SIZE_PX [gate]`
"""

import itertools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from edge.analysis import open_detector
from edge.replay import open_replay
from edge.settings import DetectorSettings
from tests.bench.baselines.worker import serve
from tests.bench.footage import rules_file


def main() -> None:
    clip, size_px = Path(sys.argv[1]), int(sys.argv[2])
    settings = DetectorSettings(size_px=size_px, motion_gate="gate" in sys.argv)

    def rounds(frames: int) -> Iterator[None]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            replay = open_replay(clip, rules_file(folder), folder / "out", detector=open_detector(settings))
            with replay.outbox, replay.camera as camera:
                for frame in itertools.islice(camera.frames(), frames):
                    replay.pipeline.step(frame)
                    yield
                replay.pipeline.finish("ended")

    serve(rounds)


if __name__ == "__main__":
    main()
