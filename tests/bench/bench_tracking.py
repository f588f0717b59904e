"""How well objects are followed, beside `trackers`' ByteTrack: `.venv/bin/python -m tests.bench.bench_tracking MOT15`.

MOT15: a folder of sequences with `seqinfo.ini`, `gt/gt.txt.gz` and `det/det_frcnn_sort.txt.gz` each; default: that of
the data folder of the tests. Both trackers read the same detections and are judged by the same scorer, `trackers`' own.
Its ByteTrack runs with its defaults, told the frame rate, and with the best settings of `--draws` random ones from its
documented search space, chosen by MOTA on these same sequences, as ours were.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import supervision
from trackers import ByteTrackTracker
from trackers.eval import evaluate_mot_sequences
from trackers.eval.results import BenchmarkResult

from edge.tracking.motchallenge import read_detections, track_detections
from tests.data import FOLDER
from tests.mot15 import METRICS, laid_out
from tests.mot15 import Sequence as MotSequence

Settings = dict[str, Any]  # of `ByteTrackTracker`
STEPS = (1, 3)  # every frame, and every third


def drawn(rng: random.Random) -> Settings:
    """One draw from `ByteTrackTracker.search_space`; the package's own tuner draws from it by Optuna."""
    settings: Settings = {}
    for name, space in ByteTrackTracker.search_space.items():
        low, high = space["range"]
        settings[name] = rng.randrange(low, high) if space["type"] == "randint" else rng.uniform(low, high)
    return settings


def follow(sequence: MotSequence, settings: Settings, out: Path) -> None:
    """Writes the tracks that `ByteTrackTracker` makes of a sequence; boxes are the detections', as it returns them."""
    tracker = ByteTrackTracker(frame_rate=sequence.fps, **settings)
    with out.open("w", encoding="ascii") as file:
        for number, found in read_detections(sequence.detections).per_frame():
            known = supervision.Detections(
                xyxy=found.boxes.astype(np.float64), confidence=found.scores, class_id=found.class_ids
            )
            told = tracker.update(known)
            assert told.tracker_id is not None
            for (x1, y1, x2, y2), track_id in zip(told.xyxy.tolist(), told.tracker_id.tolist(), strict=True):
                if track_id >= 0:
                    file.write(f"{number},{track_id},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},1,-1,-1,-1\n")


def theirs(folder: Path, sequences: Sequence[MotSequence], settings: Settings, *metrics: str) -> BenchmarkResult:
    tracks = folder / "theirs"
    tracks.mkdir(exist_ok=True)
    for sequence in sequences:
        follow(sequence, settings, tracks / f"{sequence.name}.txt")
    return evaluate_mot_sequences(folder / "truth", tracks, metrics=list(metrics))


def ours(folder: Path, sequences: Sequence[MotSequence]) -> BenchmarkResult:
    tracks = folder / "ours"
    tracks.mkdir()
    for sequence in sequences:
        track_detections(sequence.detections, sequence.fps, tracks / f"{sequence.name}.txt")
    return evaluate_mot_sequences(folder / "truth", tracks, metrics=list(METRICS))


def best_of(draws: int, folder: Path, sequences: Sequence[MotSequence]) -> Settings:
    """The settings of the greatest MOTA among the defaults and `draws` random ones; the draws are always the same."""
    rng = random.Random(0)
    best: tuple[float, Settings] = (_mota(theirs(folder, sequences, {}, "CLEAR")), {})
    for number in range(1, draws + 1):
        settings = drawn(rng)
        mota = _mota(theirs(folder, sequences, settings, "CLEAR"))
        if mota > best[0]:
            best = (mota, settings)
            print(f"draw {number}: MOTA {mota * 100:.2f} with {settings}", file=sys.stderr, flush=True)
    return best[1]


def _mota(result: BenchmarkResult) -> float:
    assert result.aggregate.CLEAR is not None
    return float(result.aggregate.CLEAR.MOTA)


def row(name: str, result: BenchmarkResult) -> str:
    clear, hota, identity = result.aggregate.CLEAR, result.aggregate.HOTA, result.aggregate.Identity
    assert clear is not None
    assert hota is not None
    assert identity is not None
    counts = (clear.IDSW, clear.Frag, clear.CLR_FP, clear.CLR_FN)
    cells = (f"{clear.MOTA * 100:.2f}", *map(str, counts), f"{hota.HOTA * 100:.1f}", f"{identity.IDF1 * 100:.1f}")
    return f"| {name} | {' | '.join(cells)} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", type=Path, metavar="MOT15", default=FOLDER / "mot" / "MOT15-train")
    parser.add_argument("--draws", type=int, default=30, help="random settings that ByteTrack is tried with")
    options = parser.parse_args()
    if not options.source.is_dir():
        parser.error(f"{options.source} is not a folder; give the one that has the sequences of MOT15")
    print(f"trackers {version('trackers')}, {options.draws} draws\n")
    print("| tracker | MOTA | switches | fragments | false positives | misses | HOTA | IDF1 |")
    print("|---|---|---|---|---|---|---|---|")
    best: Settings | None = None
    for step in STEPS:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            sequences = list(laid_out(options.source, folder, step))
            best = best_of(options.draws, folder, sequences) if best is None else best
            frames = "every frame" if step == 1 else f"every {step}rd frame"
            print(row(f"ours, {frames}", ours(folder, sequences)))
            print(row(f"ByteTrack, defaults, {frames}", theirs(folder, sequences, {}, *METRICS)))
            print(row(f"ByteTrack, best of the draws, {frames}", theirs(folder, sequences, best, *METRICS)), flush=True)
    print(f"\nbest of the draws: {best}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
