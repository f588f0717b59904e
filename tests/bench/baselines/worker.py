"""A baseline as a process: started once, then told to go round by round, so that all are measured in turn."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping


def serve(
    rounds: Callable[[int], Iterator[object]], stages: Mapping[str, float] | None = None, warm_up: int = 5
) -> None:
    """rounds: given a number of frames, works through them one by one. Each line of standard input is such a number;
    the answer is `{"frames", "wall_s", "cpu_s", "stages"}`, of all threads, without the first `warm_up` frames.
    stages: of what a round says of itself, when it is over.
    """
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        frames = int(line)
        walked = rounds(frames + warm_up)
        for _ in range(warm_up):
            next(walked)
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        done = sum(1 for _ in walked)
        took = {"frames": done, "wall_s": time.perf_counter() - wall_s, "cpu_s": time.process_time() - cpu_s}
        print(json.dumps(took | {"stages": dict(stages or {})}), flush=True)
