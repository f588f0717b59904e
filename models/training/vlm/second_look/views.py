"""The crops that the encoder learns from, cut once and kept: `python -m models.training.vlm.second_look.views IMAGES
FOUND_DIR OUT_DIR`. FOUND_DIR holds `found-train.tsv` and `found-val.tsv`, what the detector saw (`mined.py`).

Of train each crop is kept with room around it, so that its box can tremble as a detector's does; of val as a box of
the product cuts it.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.vlm.second_look.crops import read, render
from models.training.vlm.second_look.descriptions import described, kinds
from models.training.vlm.second_look.mined import mined
from models.training.vlm.second_look.network import TILE_PX
from models.training.vlm.second_look.nobody import nobody
from models.training.vlm.second_look.people import whole_people
from models.training.vlm.second_look.samples import (
    LEARNT,
    LEARNT_UNCLEAR,
    MARGIN,
    Labelled,
    Sample,
    make_samples,
    read_labels,
    subjects,
)
from models.training.vlm.second_look.zones import foot
from models.vlm.crop import Box, crop, margined

WIDE_MARGIN = 0.55
WIDE_PX = 320
DOUBT = 0.1  # score from which the detector's boxes are learnt from; a box believes later
FALSE_MAX = 1200  # of one question, at random
NOBODY_MAX = {"train": 600, "val": 60}  # of one question, answer and origin
NARROW: Box = (0.0, 0.0, 1.0, 1.0)


def learnt(pictures: list[Labelled], found: Path) -> list[Sample]:
    """Of train: more crops than version 1 had, whole people, what the detector got wrong, and where nobody is."""
    own = [one for one in pictures if one.split == "train"]
    labelled = make_samples(own, 1, LEARNT, LEARNT_UNCLEAR) + whole_people(own, 6)
    return labelled + thinned(mined(own, found, {}, doubt=DOUBT)) + nobody(own, found, 7, NOBODY_MAX["train"])


def judged(pictures: list[Labelled], found: Path) -> list[Sample]:
    """Of val: the labelled crops of version 1, then the detector's."""
    own = [one for one in pictures if one.split == "val"]
    labelled = [one for one in make_samples(pictures) if one.split == "val"]
    return labelled + thinned(mined(own, found, {}, doubt=DOUBT)) + nobody(own, found, 7, NOBODY_MAX["val"])


def thinned(samples: list[Sample]) -> list[Sample]:
    random = np.random.default_rng(2)
    kept: list[Sample] = []
    kinds = sorted({(one.question, one.reply, one.found) for one in samples})
    for kind in kinds:
        among = [one for one in samples if (one.question, one.reply, one.found) == kind]
        order = random.permutation(len(among))[:FALSE_MAX]
        kept.extend(replace(among[index], seed=int(random.integers(1 << 31))) for index in sorted(order))
    return kept


def wide(images: Path, sample: Sample) -> tuple[NDArray[np.uint8], Box]:
    """The crop with room around it, without a zone, and where in it the crop is, 0..1. Damage ends at the crop's edge
    and comes after the zone is drawn, so these crops have no room.
    """
    if sample.damage not in ("", "unrelated", "unmarked"):
        return render(images, sample), NARROW
    picture = read(images, sample.picture)
    outer, inner = margined(sample.box, WIDE_MARGIN), margined(sample.box, MARGIN)
    wide_px, high_px = outer[2] - outer[0], outer[3] - outer[1]
    within = (
        (inner[0] - outer[0]) / wide_px, (inner[1] - outer[1]) / high_px,
        (inner[2] - outer[0]) / wide_px, (inner[3] - outer[1]) / high_px,
    )  # fmt: skip
    return crop(picture, sample.box, WIDE_MARGIN), within


def feet(sample: Sample, picture: Labelled) -> str:
    """Where those stand that a zone, which is drawn anew, may hold; JSON, "" for a crop without one."""
    if not sample.zone or sample.damage:
        return ""
    things, _ = subjects(sample.question, picture)
    return json.dumps([foot(one) for one in things] if sample.box in things else [])


def squeezed(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    shrinks = max(image.shape[:2]) > side
    return np.asarray(
        cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR), np.uint8
    )


def facts(samples: list[Sample], pictures: list[Labelled]) -> dict[str, NDArray[Any]]:
    """A column of each of the sample's own; kinds: (n, KINDS); claims: what the labels say, as JSON."""
    names, of = ("split", "question", "reply", "damage", "found", "picture"), {one.picture: one for one in pictures}
    columns = {name: np.array([getattr(one, name) for one in samples]) for name in names}
    columns["kinds"] = np.array([kinds(one, of[one.picture]) for one in samples], np.int8)
    columns["claims"] = np.array([json.dumps(described(one, of[one.picture])) for one in samples])
    return columns


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="views", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("found", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    pictures, start_s = read_labels(arguments.images), time.monotonic()
    train = learnt(pictures, arguments.found / "found-train.tsv")
    shape = (len(train), WIDE_PX, WIDE_PX, 3)
    crops = np.lib.format.open_memmap(arguments.out / "train.npy", "w+", np.uint8, shape)
    inner, size = np.empty((len(train), 4), np.float32), np.empty((len(train), 2), np.float32)
    for index in sorted(range(len(train)), key=lambda index: train[index].picture):
        image, inner[index] = wide(arguments.images, train[index])
        crops[index], size[index] = squeezed(image, WIDE_PX), image.shape[1::-1]
    crops.flush()
    of = {one.picture: one for one in pictures}
    zones = {
        "box": np.array([one.box for one in train]), "size": size,
        "outer": np.array([margined(one.box, WIDE_MARGIN) for one in train]),
        "feet": np.array([feet(one, of[one.picture]) for one in train]),
    }  # fmt: skip
    np.savez(arguments.out / "train.npz", inner=inner, **zones, **facts(train, pictures))
    val = judged(pictures, arguments.found / "found-val.tsv")
    images = np.stack([squeezed(render(arguments.images, one), TILE_PX) for one in val])
    np.savez(arguments.out / "val.npz", images=images, **facts(val, pictures))
    print(f"{len(train)} of train, {len(val)} of val, {time.monotonic() - start_s:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
