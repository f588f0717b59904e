"""Eleven picture sets with different labels become one data set of 14 classes, packed small.

`python -m models.training.detector.dataset IMAGES OUT --coco COCO.tsv --last LAST.tsv [--px 416] [--quality 80]`:
IMAGES holds `split.tsv` and a folder per set (`images`, `labels`, `classes.txt`); COCO.tsv and LAST.tsv are what the
teachers saw (`teachers.py`). OUT gets, per split, `images/SPLIT/SET__NAME.jpg`, `labels/SPLIT/SET__NAME.txt`
(Ultralytics' lines), `regions/SPLIT/SET__NAME.txt` (`BITS cx cy w h`: no background of the classes in BITS is learnt
inside), `weights.json` (how often an epoch draws a picture), `data.yaml`, and `card.json` with the counts. Parts of
train's pictures in which nothing is are packed beside them as `SET__NAME__empty` (`negatives.py`). The test split is
not packed: nothing that trains can read it.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.picture import read_picture
from models.training.detector.merging import WHOLE, Box, Merged, Region, Seen, hidden, merge
from models.training.detector.negatives import EMPTY, EMPTY_WEIGHT, GLIMPSE, cut, empty_part
from models.training.detector.sources import CLASSES, SOURCES
from models.training.detector.split import Picture, read_split


def own_labels(images: Path, picture: Picture) -> list[tuple[str, Box]]:
    """The set's boxes under the set's names."""
    names = (images / picture.set / "classes.txt").read_text().split("\n")
    rows = []
    for line in picture.labels(images).read_text().splitlines():
        index, *sides = line.split()
        x, y, width, height = (float(side) for side in sides)
        rows.append((names[int(index)].strip(), (x, y, width, height)))
    return rows


def read_seen(path: Path) -> dict[tuple[str, str], list[Seen]]:
    """What a teacher saw, by (set, picture)."""
    seen: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    with path.open() as file:
        for line in file:
            set_name, name, label, score, *sides = line.rstrip("\n").split("\t")
            x, y, width, height = (float(side) for side in sides)
            seen[set_name, name].append(Seen(label, float(score), (x, y, width, height)))
    return seen


@dataclass(frozen=True)
class Told:
    """What is known of a picture. glimpsed: every box that may hold an object, of the set and of both teachers."""

    picture: Picture
    merged: Merged
    glimpsed: tuple[Box, ...]


def merged_labels(images: Path, pictures: Sequence[Picture], coco: Path, last: Path) -> Iterator[Told]:
    by_coco, by_last = read_seen(coco), read_seen(last)
    for picture in pictures:
        key, own = (picture.set, picture.name), own_labels(images, picture)
        if picture.split == "test":
            yield Told(picture, merge(SOURCES[picture.set], own, (), ()), ())
        else:
            seen_coco, seen_last = by_coco.get(key, ()), by_last.get(key, ())
            boxes = [box for _, box in own] + [
                seen.box for seen in (*seen_coco, *seen_last) if seen.score >= GLIMPSE and seen.name in CLASSES
            ]
            yield Told(picture, merge(SOURCES[picture.set], own, seen_coco, seen_last), tuple(boxes))


@dataclass(frozen=True)
class Pack:
    """A folder of small pictures with labels and regions. px_max: longest side; quality: of the JPEGs, 1 to 100."""

    folder: Path
    px_max: int
    quality: int

    def open(self) -> None:
        for kind in ("images", "labels", "regions"):
            for split in ("train", "val"):
                (self.folder / kind / split).mkdir(parents=True, exist_ok=True)

    def write(self, pixels: NDArray[np.uint8], split: str, name: str, merged: Merged) -> int:
        """Returns the bytes of the packed picture."""
        if (scale := self.px_max / max(pixels.shape[:2])) < 1:
            pixels = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        options = [cv2.IMWRITE_JPEG_QUALITY, self.quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        packed = cv2.imencode(".jpg", pixels, options)[1].tobytes()
        (self.folder / "images" / split / f"{name}.jpg").write_bytes(packed)
        labels = [f"{CLASSES.index(label.name)} {_sides(label.box)}\n" for label in merged.labels]
        (self.folder / "labels" / split / f"{name}.txt").write_text("".join(labels))
        regions = [f"{region.bits} {_sides(region.box)}\n" for region in merged.regions]
        (self.folder / "regions" / split / f"{name}.txt").write_text("".join(regions))
        return len(packed)

    def close(self, weights: dict[str, float], card: object) -> None:
        names = "".join(f"  {index}: {name}\n" for index, name in enumerate(CLASSES))
        (self.folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames:\n{names}")
        (self.folder / "weights.json").write_text(json.dumps(weights, indent=1))
        (self.folder / "card.json").write_text(json.dumps(card, indent=1, sort_keys=True))


def stem(picture: Picture) -> str:
    return f"{picture.set}__{picture.name}"


def _sides(box: Box) -> str:
    return " ".join(f"{side:.6f}" for side in box)


def fill(images: Path, coco: Path, last: Path, pack: Pack) -> dict[str, object]:
    """Returns what the data card shows: bytes, and pictures per set, own and taught boxes per class, all by split."""
    pack.open()
    counts: dict[str, dict[str, Counter[str]]] = {
        kind: defaultdict(Counter) for kind in ("pictures", "own_boxes", "taught_boxes")
    }
    packed_bytes, empty, random = 0, 0, np.random.default_rng(0)
    weights: dict[str, float] = {}
    for told in merged_labels(images, read_split(images / "split.tsv"), coco, last):
        picture, merged, source = told.picture, told.merged, SOURCES[told.picture.set]
        names = [label.name for label in merged.labels]
        own, taught = names[: len(names) - merged.taught], names[len(names) - merged.taught :]
        if picture.split != "test":
            pixels = read_picture(picture.image(images))
            packed_bytes += pack.write(pixels, picture.split, stem(picture), merged)
            weights[stem(picture)] = source.draw_weight(own)
            if picture.split == "train" and not source.mosaic and (part := empty_part(told.glimpsed, pixels, random)):
                nothing = Merged((), (Region(left_out, WHOLE),) if (left_out := hidden(source, ())) else (), 0)
                packed_bytes += pack.write(cut(pixels, part), picture.split, stem(picture) + EMPTY, nothing)
                weights[stem(picture) + EMPTY], empty = EMPTY_WEIGHT, empty + 1
        counts["pictures"][picture.split][picture.set] += 1
        counts["own_boxes"][picture.split].update(own)
        counts["taught_boxes"][picture.split].update(taught)
    card: dict[str, object] = {
        "px_max": pack.px_max,
        "quality": pack.quality,
        "bytes": packed_bytes,
        "empty_parts": empty,
    }
    card |= counts
    pack.close(weights, card)
    return card


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dataset", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--coco", type=Path, required=True, help="what the COCO teacher saw")
    parser.add_argument("--last", type=Path, required=True, help="what our last checkpoint saw")
    parser.add_argument("--px", type=int, default=416, help="longest side of a packed picture")
    parser.add_argument("--quality", type=int, default=80, help="of the JPEGs, 1 to 100")
    arguments = parser.parse_args(argv)
    pack = Pack(arguments.out, arguments.px, arguments.quality)
    card = fill(arguments.images, arguments.coco, arguments.last, pack)
    print(json.dumps(card, indent=1, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
