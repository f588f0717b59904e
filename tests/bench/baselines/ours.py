"""A box's pipeline on a clip, with evidence and outbox.

`python -m tests.bench.baselines.ours CLIP SIZE_PX one|shipped [gate] [lanes=N]`: one look at each frame, as the scripts
beside it look, or the looks of a box as it ships. lanes: runs of the network at once, which share its two threads;
default as a box has them.
"""

import itertools
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from edge.analysis import lanes_of
from edge.detection.detector import FrameDetector
from edge.detection.gated import GatedDetector
from edge.detection.network import Network, NetworkDetector
from edge.detection.scheduler import Scheduler
from edge.replay import open_replay
from models.detector.detector import Detector
from models.engine.engine import Engine
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.registry import find_package
from tests.bench.baselines.worker import serve
from tests.bench.footage import rules_file

THREADS = 2
SCORE_MIN = 0.1


class TimedEngine(Engine):
    """Knows how long the network alone took."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name, self.inputs, self.outputs = engine.name, engine.inputs, engine.outputs
        self.lanes = engine.lanes
        self.took_s = 0.0
        self.runs = 0
        self._counting = threading.Lock()

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        begun_s = time.perf_counter()
        outputs = self._engine.run(feeds)
        took_s = time.perf_counter() - begun_s
        with self._counting:
            self.took_s += took_s
            self.runs += 1
        return outputs


def main() -> None:
    clip, size_px, looks, gate = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], "gate" in sys.argv[4:]
    package = find_package()
    told = [int(one.removeprefix("lanes=")) for one in sys.argv[4:] if one.startswith("lanes=")]
    lanes = told[0] if told else lanes_of(THREADS, 1)
    engine = TimedEngine(OnnxRuntimeEngine(package.read_weights(), threads=THREADS, lanes=lanes))
    stages: dict[str, float] = {}

    def detector() -> FrameDetector:
        if looks == "one":
            seat = Scheduler(engine).seat()
            one_look = Detector(package, seat, size_px=size_px, score_min=SCORE_MIN)
            found: FrameDetector = NetworkDetector(one_look, seat=seat)
        else:
            found = Network(package, engine).detector(size_px, SCORE_MIN)
        return GatedDetector(found) if gate else found

    def rounds(frames: int) -> Iterator[None]:
        detect_s, before_s, before, done = 0.0, engine.took_s, engine.runs, 0
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            replay = open_replay(clip, rules_file(folder), folder / "out", detector=detector())
            with replay.outbox, replay.camera, closing(replay.steps()) as steps:
                for step in itertools.islice(steps, frames):
                    detect_s += step.detect_s
                    done += 1
                    yield
                steps.close()  # nothing is looked at beside the end
                replay.pipeline.finish("ended")
        stages["pre and post"] = (detect_s - engine.took_s + before_s) * 1000 / done
        stages["runs"] = (engine.runs - before) / done

    serve(rounds, stages)


if __name__ == "__main__":
    main()
