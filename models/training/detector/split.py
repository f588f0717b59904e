"""The pictures and their split, frozen: `split.tsv` gives each picture's set, name, split and scene."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

Split = Literal["train", "val", "test"]


@dataclass(frozen=True)
class Picture:
    """scene: pictures of one scene of a set are never in two splits."""

    set: str
    name: str
    split: Split
    scene: str

    def image(self, images: Path) -> Path:
        return images / self.set / "images" / f"{self.name}.jpg"

    def labels(self, images: Path) -> Path:
        return images / self.set / "labels" / f"{self.name}.txt"


def read_split(path: Path) -> list[Picture]:
    """Raises ValueError for a picture that is named twice, a split that is none, or a scene in two splits."""
    pictures: list[Picture] = []
    seen: dict[tuple[str, str], Picture] = {}
    scenes: dict[tuple[str, str], str] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["split"] not in ("train", "val", "test"):
                raise ValueError(f"{path}: {row['name']}: split {row['split']!r} is none of train, val, test")
            picture = Picture(row["set"], row["name"], cast("Split", row["split"]), row["scene"])
            if (picture.set, picture.name) in seen:
                raise ValueError(f"{path}: {picture.set}/{picture.name} is named twice")
            if scenes.setdefault((picture.set, picture.scene), picture.split) != picture.split:
                raise ValueError(f"{path}: scene {picture.scene} of {picture.set} is in two splits")
            seen[picture.set, picture.name] = picture
            pictures.append(picture)
    return pictures
