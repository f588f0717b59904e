"""What is no object: parts of pictures in which nothing is, and pictures in which a checkpoint sees what is not there.

A network that has only seen things filling a picture takes whatever fills one for a thing. `empty_part` finds a part
of a picture that shows nothing; blown up to a picture of its own it teaches that. `python -m
models.training.detector.negatives PACK WEIGHTS.onnx [--size 416]` then lets a checkpoint look at the packed pictures of
train, and draws those oftener in which it is wrong (hard negatives; Shrivastava et al. 2016, arXiv:1604.03540).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.picture import read_picture
from models.training.detector.detect import at_size
from models.training.detector.merging import Box, Region, Seen, names_of, overlap
from models.training.detector.sources import CLASSES, COCO_CLASSES, SOURCES

EMPTY = "__empty"  # ends the name of a packed part
EMPTY_WEIGHT = 0.1  # how often a part is drawn, beside a picture's 1
WRONG_WEIGHT = 1.5  # at least, of one in which the checkpoint is wrong
SIDES = (0.6, 0.45, 0.33)  # of a part, relative to the picture's
PART_PX_MIN = 110
GLIMPSE = 0.05  # a teacher's box from this score on may be an object
WRONG = 0.30  # score from which on a box without an object counts
FOUND = 0.3  # intersection over union with a label from which on a box is not without an object
TRIES = 40


def empty_part(taken: Sequence[Box], pixels: NDArray[np.uint8], random: np.random.Generator) -> Box | None:
    """The largest of SIDES for which a place is found that touches no box of `taken`; None where there is none."""
    for side in SIDES:
        if min(pixels.shape[:2]) * side < PART_PX_MIN:
            return None
        for x, y in random.uniform(side / 2, 1 - side / 2, (TRIES, 2)):
            part = (float(x), float(y), side, side)
            if all(overlap(part, box) == 0 for box in taken):
                return part
    return None


def cut(pixels: NDArray[np.uint8], part: Box) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    left, top = round((part[0] - part[2] / 2) * width), round((part[1] - part[3] / 2) * height)
    return pixels[top : top + round(part[3] * height), left : left + round(part[2] * width)]


def wrong(seen: Sequence[Seen], labels: Sequence[tuple[str, Box]], regions: Sequence[Region]) -> frozenset[str]:
    """Classes that were seen from a score of WRONG where there is neither a label nor doubt."""
    return frozenset(
        one.name
        for one in seen
        if one.score >= WRONG
        and not any(name == one.name and overlap(box, one.box) >= FOUND for name, box in labels)
        and not any(one.name in region.names and _centre_in(one.box, region.box) for region in regions)
    )


def _centre_in(box: Box, region: Box) -> bool:
    return abs(box[0] - region[0]) <= region[2] / 2 and abs(box[1] - region[1]) <= region[3] / 2


def weight_after(stem: str, weight: float, mistaken: frozenset[str]) -> float:
    """Of a packed picture. A part in which the checkpoint sees what its set does not label, nor the COCO teacher knows,
    may show just that: it is not drawn at all.
    """
    if not mistaken:
        return weight
    known = SOURCES[stem.split("__", maxsplit=1)[0]].labelled.union(COCO_CLASSES)
    if stem.endswith(EMPTY) and mistaken - known:
        return 0.0
    return max(WRONG_WEIGHT, 1.5 * weight)


def read_boxes(pack: Path, stem: str) -> tuple[list[tuple[str, Box]], list[Region]]:
    """Labels and regions of a packed picture of train."""

    def rows(kind: str) -> list[tuple[int, Box]]:
        lines = (pack / kind / "train" / f"{stem}.txt").read_text().splitlines()
        cells = [line.split() for line in lines]
        return [(int(first), (float(x), float(y), float(w), float(h))) for first, x, y, w, h in cells]

    labels = [(CLASSES[index], box) for index, box in rows("labels")]
    return labels, [Region(names_of(bits), box) for bits, box in rows("regions")]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="negatives", description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--size", type=int, default=416, help="longer side in pixels that the network reads")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    network = at_size(arguments.weights, arguments.size, arguments.threads)
    path = arguments.pack / "weights.json"
    weights: dict[str, float] = json.loads(path.read_text())
    pictures = sorted((arguments.pack / "images" / "train").glob("*.jpg"))
    harder = {}
    for picture in pictures:
        found = network.detect(read_picture(picture))
        seen = [
            Seen(found.class_names[index], float(score), ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1))
            for (x1, y1, x2, y2), score, index in zip(found.boxes, found.scores, found.class_ids, strict=True)
        ]
        if mistaken := wrong(seen, *read_boxes(arguments.pack, picture.stem)):
            harder[picture.stem] = weight_after(picture.stem, weights[picture.stem], mistaken)
    path.write_text(json.dumps(weights | harder, indent=1))
    parts = sum(1 for stem, weight in harder.items() if stem.endswith(EMPTY) and weight)
    doubtful = sum(1 for weight in harder.values() if not weight)
    print(f"{path}: wrong in {len(harder)} of {len(pictures)}, {parts} of them empty parts; {doubtful} parts left out")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
