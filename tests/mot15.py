"""MOT15's six sequences with the public Faster R-CNN detections of SORT's table, as files for `trackers`' scorer."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

METRICS = ("CLEAR", "HOTA", "Identity")


@dataclass(frozen=True, slots=True)
class Sequence:
    """detections: a file of MOTChallenge lines, frames numbered from 1; fps: frames per second after thinning."""

    name: str
    fps: float
    detections: Path


def laid_out(source: Path, folder: Path, step: int = 1) -> Iterator[Sequence]:
    """Writes `folder/truth` and the detections of every `step`th frame of the sequences in `source`."""
    for sequence in sorted(source.iterdir()):
        truth = folder / "truth" / sequence.name / "gt"
        truth.mkdir(parents=True)
        # The scorer reads MOT17's columns: class 1 is a person. In MOT15 nobody else is in the ground truth.
        seven = [",".join(line.split(",")[:7]) + ",1,1" for line in _lines(sequence / "gt" / "gt.txt.gz")]
        (truth / "gt.txt").write_text(_every(seven, step), encoding="ascii")
        found = folder / f"{sequence.name}.txt"
        found.write_text(_every(_lines(sequence / "det" / "det_frcnn_sort.txt.gz"), step), encoding="ascii")
        rate = (sequence / "seqinfo.ini").read_text(encoding="ascii").split("frameRate=")[1].split()[0]
        yield Sequence(sequence.name, float(rate) / step, found)


def _every(lines: list[str], step: int) -> str:
    """Frames 1, 1 + step, 1 + 2 step ... renumbered from 1."""
    kept = [line.split(",", 1) for line in lines]
    numbered = [((int(frame) - 1) // step + 1, rest) for frame, rest in kept if (int(frame) - 1) % step == 0]
    return "".join(f"{frame},{rest}\n" for frame, rest in numbered)


def _lines(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode().splitlines()
