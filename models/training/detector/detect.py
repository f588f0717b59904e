"""What an exported network finds on one split, by the very code that the box runs.

`python -m models.training.detector.detect WEIGHTS.onnx IMAGES OUT.tsv --split val --size 480`: the lines of
`teachers.py`, down to a score of 0.001. Every picture is read with its longer side at `--size`, blown up or reduced.
The card beside the weights, or else the shipped package's, says how the network is used.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from models.card import Card, FileFacts, parse_card
from models.detector.detections import Detections
from models.detector.detector import Detector
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.package import Package
from models.picture import read_picture
from models.registry import REGISTRY
from models.training.detector.split import Picture, read_split

SCORE_MIN = 0.001
SHIPPED = REGISTRY.parent / "zoo" / "detector-14" / "card.yaml"


def at_size(weights: Path, size_px: int, threads: int) -> Detector:
    """Reads pictures of every size at size_px."""
    card = card_of(weights)
    facts = card.input.model_copy(update={"trained_px": size_px, "size_px": size_px})
    return _detector(weights, card.model_copy(update={"input": facts}), threads, SCORE_MIN)


def as_on_a_box(weights: Path, size_px: int, threads: int, score_min: float) -> Detector:
    """Reads pictures of at least size_px at it, smaller ones as they are."""
    card = card_of(weights)
    facts = card.input.model_copy(update={"size_px": size_px})
    return _detector(weights, card.model_copy(update={"input": facts}), threads, score_min)


def card_of(weights: Path) -> Card:
    beside = weights.parent / "card.yaml"
    path = beside if beside.exists() else SHIPPED
    return parse_card(path.read_bytes(), str(path))


def _detector(weights: Path, card: Card, threads: int, score_min: float) -> Detector:
    content = weights.read_bytes()
    facts = FileFacts(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    card = card.model_copy(update={"weights": weights.name, "files": {weights.name: facts}})
    engine = OnnxRuntimeEngine(content, threads=threads)
    return Detector(Package(weights.parent, card, ""), engine, score_min=score_min)


def lines(picture: Picture, found: Detections) -> list[str]:
    rows = []
    for (x1, y1, x2, y2), score, index in zip(found.boxes, found.scores, found.class_ids, strict=True):
        sides = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
        cells = [
            picture.set,
            picture.name,
            found.class_names[index],
            f"{score:.5f}",
            *(f"{side:.6f}" for side in sides),
        ]
        rows.append("\t".join(cells) + "\n")
    return rows


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="detect", description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--split", choices=("train", "val", "test"), required=True)
    parser.add_argument("--size", type=int, required=True, help="longer side in pixels that the network reads")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    network = at_size(arguments.weights, arguments.size, arguments.threads)
    pictures = [picture for picture in read_split(arguments.images / "split.tsv") if picture.split == arguments.split]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    partial = arguments.out.with_suffix(".partial")
    with partial.open("w") as file:
        for picture in pictures:
            file.writelines(lines(picture, network.detect(read_picture(picture.image(arguments.images)))))
    partial.rename(arguments.out)
    print(f"{arguments.out}: {len(pictures)} pictures")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
