"""The frozen split: read strictly, and nothing that looks the same on both sides of it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.detector.duplicates import DISTANCE_MAX, hashes, hashes_of, near
from models.training.detector.split import Picture, read_split
from tests.data import data

HEADER = "set\tname\tsplit\tscene\n"


def write(folder: Path, rows: str) -> Path:
    path = folder / "split.tsv"
    path.write_text(HEADER + rows)
    return path


def test_a_row_is_a_picture(tmp_path: Path) -> None:
    assert read_split(write(tmp_path, "fire\tfire_1\tval\t7\n")) == [Picture("fire", "fire_1", "val", "7")]


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ("a\tb\tdev\t1\n", "split 'dev' is none of train, val, test"),
        ("a\tb\ttrain\t1\na\tb\ttrain\t1\n", "a/b is named twice"),
        ("a\tb\ttrain\t1\na\tc\ttest\t1\n", "scene 1 of a is in two splits"),
    ],
)
def test_a_split_that_leaks_is_refused(tmp_path: Path, rows: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_split(write(tmp_path, rows))


def scene(seed: int) -> np.ndarray:
    blobs = np.random.default_rng(seed).integers(0, 255, (12, 16), np.uint8)
    return cv2.resize(blobs, (480, 360), interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "one.png"
    cv2.imwrite(str(path), scene(1))
    return path


@pytest.mark.parametrize("change", ["smaller", "mirrored", "compressed", "brighter"])
def test_the_same_scene_is_found_again(picture: Path, tmp_path: Path, change: str) -> None:
    pixels, other = scene(1), tmp_path / "other.jpg"
    changed = {
        "smaller": cv2.resize(pixels, (240, 180), interpolation=cv2.INTER_AREA),
        "mirrored": pixels[:, ::-1],
        "compressed": pixels,
        "brighter": cv2.convertScaleAbs(pixels, alpha=0.8, beta=30),
    }[change]
    cv2.imwrite(str(other), changed, [cv2.IMWRITE_JPEG_QUALITY, 40])
    assert near(hashes_of([picture]), hashes_of([other])) == [(0, 0)]


def test_another_scene_is_not(picture: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    cv2.imwrite(str(other), scene(2))
    assert near(hashes_of([picture]), hashes_of([other]), 2 * DISTANCE_MAX) == []


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "none.jpg").write_text("no")
    with pytest.raises(ValueError, match=r"none\.jpg: not a picture"):
        hashes(tmp_path / "none.jpg")


def test_no_near_duplicate_crosses_the_split() -> None:
    """4,773 pictures, mirrored too."""
    images = data("images")
    pictures = read_split(images / "split.tsv")
    found = hashes_of([picture.image(images) for picture in pictures])
    indices = {split: [i for i, one in enumerate(pictures) if one.split == split] for split in ("train", "val", "test")}
    for judged, learnt in (("test", "train"), ("test", "val"), ("val", "train")):
        pairs = near(found[indices[judged]], found[indices[learnt]])
        crossing = [(pictures[indices[judged][i]].name, pictures[indices[learnt][j]].name) for i, j in pairs]
        assert crossing == [], f"{judged} and {learnt}"
