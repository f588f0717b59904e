"""A small data set in the sets' own layout, packed: what is written, and that nothing of `test` is."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.picture import PictureError
from models.training.detector.dataset import main
from models.training.detector.sources import CLASSES

PICTURES = (
    ("ppe_vest", "a", "train"),
    ("ppe_vest", "b", "val"),
    ("ppe_vest", "c", "test"),
    ("fire_smoke", "d", "train"),
)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    for name, classes in (("ppe_vest", "helmet\nvest\nno_helmet\nno_vest\n"), ("fire_smoke", "fire\nsmoke\n")):
        for kind in ("images", "labels"):
            (folder / name / kind).mkdir(parents=True)
        (folder / name / "classes.txt").write_text(classes)
    rows = [f"{name}\t{picture}\t{split}\t{picture}\n" for name, picture, split in PICTURES]
    (folder / "split.tsv").write_text("set\tname\tsplit\tscene\n" + "".join(rows))
    for name, picture, _ in PICTURES:
        cv2.imwrite(str(folder / name / "images" / f"{picture}.jpg"), np.full((600, 800, 3), 90, np.uint8))
        (folder / name / "labels" / f"{picture}.txt").write_text("1 0.500000 0.400000 0.200000 0.100000\n")
    return folder


@pytest.fixture
def packed(images: Path, tmp_path: Path) -> Path:
    coco, last, out = tmp_path / "coco.tsv", tmp_path / "last.tsv", tmp_path / "out"
    coco.write_text(
        "ppe_vest\ta\tperson\t0.9\t0.5\t0.5\t0.3\t0.9\n"
        "ppe_vest\ta\tdog\t0.9\t0.2\t0.5\t0.3\t0.9\n"
        "ppe_vest\tc\tperson\t0.9\t0.5\t0.5\t0.3\t0.9\n"
    )
    last.write_text("ppe_vest\ta\tfire\t0.2\t0.1\t0.1\t0.1\t0.1\nppe_vest\ta\tperson\t0.9\t0.1\t0.1\t0.1\t0.1\n")
    assert main([str(images), str(out), "--coco", str(coco), "--last", str(last), "--px", "400"]) == 0
    return out


def test_labels_are_ours_and_the_teachers_where_it_is_sure(packed: Path) -> None:
    lines = (packed / "labels" / "train" / "ppe_vest__a.txt").read_text().splitlines()
    assert lines[0] == f"{CLASSES.index('vest')} 0.500000 0.400000 0.200000 0.100000"
    assert lines[1].startswith(f"{CLASSES.index('person')} 0.5")
    assert len(lines) == 2


def test_what_is_doubtful_is_a_region_with_its_class_as_a_bit(packed: Path) -> None:
    (line,) = (packed / "regions" / "train" / "ppe_vest__a.txt").read_text().splitlines()
    assert int(line.split()[0]) == 1 << CLASSES.index("fire")


def test_pictures_are_small_and_keep_their_proportions(packed: Path) -> None:
    pixels = cv2.imread(str(packed / "images" / "train" / "ppe_vest__a.jpg"))
    assert pixels is not None
    assert pixels.shape == (300, 400, 3)


def test_nothing_of_the_test_split_is_packed_but_it_is_counted(packed: Path) -> None:
    stems = {path.stem for path in packed.rglob("*__*")}
    assert {stem.removesuffix("__empty") for stem in stems} == {"ppe_vest__a", "ppe_vest__b", "fire_smoke__d"}
    card = json.loads((packed / "card.json").read_text())
    assert card["pictures"]["test"] == {"ppe_vest": 1}
    assert card["taught_boxes"] == {"test": {}, "train": {"person": 1}, "val": {}}


def test_parts_in_which_nothing_is_are_packed_of_train_alone_without_a_label_and_seldom_drawn(packed: Path) -> None:
    parts = {path.relative_to(packed) for path in packed.rglob("*__empty.jpg")}
    assert parts == {Path(f"images/train/{name}__empty.jpg") for name in ("ppe_vest__a", "fire_smoke__d")}
    assert (packed / "labels" / "train" / "fire_smoke__d__empty.txt").read_text() == ""
    assert json.loads((packed / "weights.json").read_text())["fire_smoke__d__empty"] < 0.5
    assert json.loads((packed / "card.json").read_text())["empty_parts"] == 2


def test_weak_classes_are_drawn_oftener(packed: Path) -> None:
    weights = json.loads((packed / "weights.json").read_text())
    assert weights["ppe_vest__a"] > weights["fire_smoke__d"] > 1


def test_a_picture_that_is_none_is_named(images: Path, tmp_path: Path) -> None:
    (images / "fire_smoke" / "images" / "d.jpg").write_text("no")
    (tmp_path / "none.tsv").write_text("")
    none = str(tmp_path / "none.tsv")
    with pytest.raises(PictureError, match=r"d\.jpg: not a picture"):
        main([str(images), str(tmp_path / "out"), "--coco", none, "--last", none])
