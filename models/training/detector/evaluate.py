"""AP50 per class by pycocotools, on hand-made labels alone, with bootstrap intervals and box counts.

`python -m models.training.detector.evaluate IMAGES --split test FOUND.tsv ...`: FOUND is what `detect.py` wrote. A
class is judged on the pictures of the sets that label it and on no other, so that an object without a label is no false
box. The intervals are the 2.5th and 97.5th percentile over pictures drawn anew. With `--held-to REFERENCE.tsv` and
`--points 1` it exits with 1 when the mean AP50 of one of FOUND is lower than that by more.
"""

import argparse
import contextlib
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from models.training.detector.dataset import own_labels, read_seen
from models.training.detector.merging import Box, Seen
from models.training.detector.sources import CLASSES, SOURCES
from models.training.detector.split import read_split

DETECTIONS_MAX = 300  # per picture and class: as many as the head gives
ROUNDS = 200

Found = Mapping[tuple[str, str], Sequence[Seen]]


class Truth:
    """The hand-made boxes of one split, in pixels, as pycocotools wants them."""

    def __init__(
        self, images: Path, split: str, shapes: Mapping[tuple[str, str], tuple[int, int]] | None = None
    ) -> None:
        self.pictures = [picture for picture in read_split(images / "split.tsv") if picture.split == split]
        self.sizes = [
            (shapes or {}).get((one.set, one.name)) or picture_size(one.image(images)) for one in self.pictures
        ]
        self.rows: list[dict[str, Any]] = []
        for index, picture in enumerate(self.pictures):
            source = SOURCES[picture.set]
            for name, box in own_labels(images, picture):
                if name in source.labels:
                    self._add(index, source.labels[name], box)
        self.coco = COCO()
        self.coco.dataset = {
            "images": [{"id": i, "width": w, "height": h} for i, (w, h) in enumerate(self.sizes)],
            "annotations": self.rows,
            "categories": [{"id": i, "name": name} for i, name in enumerate(CLASSES)],
        }
        with contextlib.redirect_stdout(io.StringIO()):
            self.coco.createIndex()

    def _add(self, index: int, name: str, box: Box) -> None:
        x, y, width, height = in_pixels(box, self.sizes[index])
        self.rows.append({
            "id": len(self.rows) + 1, "image_id": index, "category_id": CLASSES.index(name),
            "bbox": [x, y, width, height], "area": width * height, "iscrowd": 0,
        })  # fmt: skip

    def judged(self, name: str) -> list[int]:
        """Pictures of sets that label the class."""
        return [i for i, picture in enumerate(self.pictures) if name in SOURCES[picture.set].labelled]

    def results(self, found: Found) -> list[dict[str, Any]]:
        return [
            {
                "image_id": index, "category_id": CLASSES.index(seen.name), "score": seen.score,
                "bbox": list(in_pixels(seen.box, self.sizes[index])),
            }
            for index, picture in enumerate(self.pictures)
            for seen in found.get((picture.set, picture.name), ())
        ]  # fmt: skip


def picture_size(path: Path) -> tuple[int, int]:
    height, width = cv2.imread(str(path)).shape[:2]
    return width, height


def in_pixels(box: Box, size: tuple[int, int]) -> Box:
    """Upper left corner, width, height."""
    x, y, width, height = box
    return ((x - width / 2) * size[0], (y - height / 2) * size[1], width * size[0], height * size[1])


def evaluated(truth: Truth, found: Found, name: str, overlap_min: float = 0.5) -> COCOeval:
    with contextlib.redirect_stdout(io.StringIO()):
        judge = COCOeval(truth.coco, truth.coco.loadRes(truth.results(found)) if found else COCO(), "bbox")
        judge.params.catIds = [CLASSES.index(name)]
        judge.params.imgIds = truth.judged(name)
        judge.params.iouThrs = np.array([overlap_min])
        judge.params.areaRng, judge.params.areaRngLbl = [[0, 1e10]], ["all"]
        judge.params.maxDets = [DETECTIONS_MAX]
        judge.evaluate()
    return judge


def average_precision(judge: COCOeval) -> float:
    """NaN where there is no box to find."""
    with contextlib.redirect_stdout(io.StringIO()):
        judge.accumulate()
    precision = judge.eval["precision"]
    kept = precision[precision > -1]
    return float(kept.mean()) if kept.size else float("nan")


def interval(judge: COCOeval, rounds: int) -> tuple[float, float]:
    """95 %, over pictures drawn with replacement."""
    whole, draw = list(judge.evalImgs), np.random.default_rng(0)
    scores = []
    for _ in range(rounds):
        judge.evalImgs = [whole[i] for i in draw.integers(0, len(whole), len(whole))]
        scores.append(average_precision(judge))
    judge.evalImgs = whole
    low, high = np.nanpercentile(scores, [2.5, 97.5])
    return float(low), float(high)


def table(truth: Truth, found: Found, rounds: int) -> dict[str, dict[str, Any]]:
    """By class: ap50, low, high, boxes, pictures. A class that no set of the split labels is left out."""
    rows: dict[str, dict[str, Any]] = {}
    for name in CLASSES:
        pictures = truth.judged(name)
        boxes = sum(
            row["category_id"] == CLASSES.index(name) and row["image_id"] in set(pictures) for row in truth.rows
        )
        if not boxes:
            continue
        judge = evaluated(truth, found, name)
        rows[name] = {"ap50": average_precision(judge), "boxes": boxes, "pictures": len(pictures)}
        if rounds:
            rows[name]["low"], rows[name]["high"] = interval(judge, rounds)
    return rows


def spread(row: Mapping[str, Any]) -> str:
    return f" ({row['low']:.2f}-{row['high']:.2f})" if "low" in row else ""


def markdown(title: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    cells = [f"{row['ap50']:.3f}{spread(row)}" for row in rows.values()]
    return f"| {title} | {' | '.join(cells)} | {mean(rows):.3f} |"


def mean(rows: Mapping[str, Mapping[str, Any]]) -> float:
    return float(sum(row["ap50"] for row in rows.values())) / len(rows)


def worse(
    figures: Mapping[str, Mapping[str, Mapping[str, Any]]], reference: Mapping[str, Mapping[str, Any]], points: float
) -> list[str]:
    """A line for each that loses more than `points` hundredths of mean AP50, with the class that loses most."""
    found = []
    for title, rows in figures.items():
        lost = 100 * (mean(reference) - mean(rows))
        if lost > points:
            most = max(rows, key=lambda name: reference[name]["ap50"] - rows[name]["ap50"])
            by = 100 * (reference[most]["ap50"] - rows[most]["ap50"])
            found.append(f"{title}: loses {lost:.1f} points of mean AP50, at most {points:g} may go; {most} {by:.1f}")
    return found


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="evaluate", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("found", type=Path, nargs="+")
    parser.add_argument("--split", choices=("train", "val", "test"), required=True)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of the bootstrap; 0: no intervals")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--held-to", type=Path, help="what the reference found")
    parser.add_argument("--points", type=float, default=1.0, help="of mean AP50 that may be lost against it (1)")
    arguments = parser.parse_args(argv)
    truth = Truth(arguments.images, arguments.split)
    figures = {path.stem: table(truth, read_seen(path), arguments.rounds) for path in arguments.found}
    first = next(iter(figures.values()))
    print("| found | " + " | ".join(f"{name} ({row['boxes']})" for name, row in first.items()) + " | mean |")
    print("|---" * (len(first) + 2) + "|")
    for title, rows in figures.items():
        print(markdown(title, rows))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))
    if arguments.held_to is None:
        return 0
    lines = worse(figures, table(truth, read_seen(arguments.held_to), 0), arguments.points)
    print(*lines, sep="\n", end="\n" if lines else "")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
