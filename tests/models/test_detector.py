"""The shipped detector on real pictures: what is expected comes from the labels of the test split."""

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from models.detector.detections import Detections
from models.detector.detector import CANVASES_MAX, Detector
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.errors import PackageError
from models.package import open_package
from models.picture import read_picture
from models.registry import find_package
from tests.data import data
from tests.models.boxes import overlap
from tests.models.packages import write_package


@cache
def engine() -> OnnxRuntimeEngine:
    return OnnxRuntimeEngine(find_package().read_weights())


def detector(size_px: int | None = None, score_min: float = 0.25) -> Detector:
    return Detector(find_package(), engine(), size_px=size_px, score_min=score_min)


def boxes_of(found: Detections, class_name: str) -> NDArray[np.float32]:
    boxes: NDArray[np.float32] = found.boxes[found.class_ids == found.class_names.index(class_name)]
    return boxes


def labelled(picture_set: str, class_name: str, area_min: float) -> Iterator[tuple[Path, list[NDArray[np.float32]]]]:
    """Pictures of the test split with their relative boxes of one class that fill `area_min` of the picture."""
    folder = data("images", picture_set)
    class_index = (folder / "classes.txt").read_text().split().index(class_name)
    with data("images", "split.tsv").open() as file:
        names = [
            row["name"]
            for row in csv.DictReader(file, delimiter="\t")
            if (row["set"], row["split"]) == (picture_set, "test")
        ]
    for name in sorted(names):
        boxes = []
        for line in (folder / "labels" / f"{name}.txt").read_text().splitlines():
            index, x, y, width, height = (float(field) for field in line.split()[:5])
            if index == class_index and width * height >= area_min:
                boxes.append(np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2], np.float32))
        if boxes:
            yield next((folder / "images").glob(f"{name}.*")), boxes


@pytest.mark.parametrize(
    ("picture_set", "theirs", "ours", "at_least"),
    [
        ("ppe_hardhat", "person", "person", 0.8),
        ("street_vehicles", "bus", "bus", 0.8),
        ("street_vehicles", "car", "car", 0.5),
        ("street_vehicles", "person", "person", 0.75),
    ],
)
def test_what_people_labelled_is_found_in_pictures_it_never_saw(
    picture_set: str, theirs: str, ours: str, at_least: float
) -> None:
    """At least this share of the labelled objects that fill 5 % of a picture, in its first 30: by a box of the same
    class, IoU > 0.5. The floors lie a tenth below what this package finds: a broken chain is seen.
    """
    network = detector()
    found = labels = 0
    for path, boxes in list(labelled(picture_set, theirs, area_min=0.05))[:30]:
        seen = boxes_of(network.detect(read_picture(path)), ours)
        found += sum(any(overlap(box, other) > 0.5 for other in seen) for box in boxes)
        labels += len(boxes)
    assert labels >= 20
    assert found / labels >= at_least


def test_detections_before_suppression_equal_a_bare_session_with_the_simplest_postprocessing() -> None:
    session = onnxruntime.InferenceSession(find_package().read_weights(), providers=["CPUExecutionProvider"])
    for path, _ in list(labelled("street_vehicles", "bus", area_min=0.0))[:5]:
        image = read_picture(path)
        side, (height, width) = 320, image.shape[:2]
        scale = side / max(height, width)
        small = cv2.resize(image, (round(width * scale), round(height * scale)))
        left, top = (side - small.shape[1]) // 2, (side - small.shape[0]) // 2
        square = np.full((side, side, 3), 114, np.uint8)
        square[top : top + small.shape[0], left : left + small.shape[1]] = small
        blob = cv2.dnn.blobFromImage(square, 1 / 255, swapRB=True)
        expected = [
            (names, score, ((np.array(box) - [left, top, left, top]) / scale).tolist())
            for *box, score, names in session.run(None, {"images": blob})[0][0].tolist()
            if score >= 0.1
        ]

        square_card = find_package().card.model_copy(
            update={
                "input": find_package().card.input.model_copy(update={"dynamic": False, "size_px": side}),
                "overlap_max": 1.0,
            }
        )
        package = find_package()
        ours = Detector(type(package)(package.folder, square_card, package.card_sha256), engine(), score_min=0.1)
        found = ours.detect(image)
        assert len(found) == len(expected) > 0
        limits = np.array([width, height, width, height])
        for class_id, score, box, (name, score_expected, box_expected) in zip(
            found.class_ids, found.scores, found.boxes, expected, strict=True
        ):
            assert class_id == name
            assert score == pytest.approx(score_expected, abs=1e-4)
            np.testing.assert_allclose(box * limits, np.clip(box_expected, 0, limits), atol=1.0)


def test_a_frame_in_a_wider_input_gives_the_same_people() -> None:
    """Leaving the square's padding away costs nothing: the wide input finds what the square finds."""
    path, _ = next(labelled("ppe_hardhat", "person", area_min=0.2))
    image = read_picture(path)
    wide = np.hstack([image, np.full_like(image, 114)])
    alone, beside = (boxes_of(detector().detect(picture), "person") for picture in (image, wide))
    assert len(alone) == len(beside) > 0
    for box in alone:
        moved = box * np.array([0.5, 1, 0.5, 1], np.float32)
        assert max(overlap(moved, other) for other in beside) > 0.8


@pytest.mark.parametrize("shape", [(1, 1), (4, 2000), (2000, 4), (1080, 1920), (33, 47)])
def test_a_picture_of_any_shape_is_answered(shape: tuple[int, int]) -> None:
    found = detector().detect(np.zeros((*shape, 3), np.uint8))
    assert found.class_names == find_package().card.classes


def test_cameras_of_many_sizes_keep_a_bounded_number_of_buffers() -> None:
    network = detector(size_px=128)
    for width in range(40, 40 + CANVASES_MAX + 2):
        network.detect(np.zeros((40, width, 3), np.uint8))
    assert sum(map(len, network._idle.values())) <= CANVASES_MAX


def test_it_says_what_an_incident_report_states() -> None:
    package = find_package()
    network = detector()
    assert (network.name, network.sha256) == (package.card.name, package.sha256)
    assert (network.engine, network.precision) == ("onnxruntime-cpu", "fp32")


@pytest.mark.parametrize("size_px", [0, -32, 96, 650, 8192])
def test_a_size_that_the_network_does_not_take_is_refused_with_those_it_does(size_px: int) -> None:
    with pytest.raises(PackageError, match="multiple of 32 from 128 to 4096"):
        detector(size_px=size_px)


def test_a_package_for_a_decoder_that_is_unknown_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    package = open_package(write_package(tmp_path / "tiny", decoder="nanodet"))
    with pytest.raises(
        PackageError, match="decoder 'nanodet' is unknown; known: ultralytics_end_to_end, ultralytics_dense, yolox"
    ):
        Detector(package, engine())
