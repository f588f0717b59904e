"""One suite for everything that stands behind the port of detection."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.capture.frame import Frame
from edge.clock import ClockQuality, Moment
from edge.detection.detector import DetectorError, FrameDetector
from edge.detection.network import Network
from edge.detection.scripted import ScriptedDetector
from models.detector.rasters import BgrRaster
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.pull import pull, read_from_folder, shipped_first
from models.registry import REGISTRY, find_package, read_registry
from tests.data import data

SCRIPT = """{"scripted": 1, "classes": ["person", "car"], "duration_s": 1.0, "fps": 10}
{"t": 0.0, "detections": [{"class": "car", "score": 0.8, "box": [0.1, 0.2, 0.3, 0.4]}]}
{"t": 0.1, "detections": []}
"""


def frame(stream_s: float, width: int = 64, height: int = 48) -> Frame:
    moment = Moment(datetime(2026, 1, 1, tzinfo=UTC), 0, "boot", ClockQuality("unsynced"))
    return Frame("gate", 0, stream_s, moment, BgrRaster(np.zeros((height, width, 3), np.uint8)))


def scripted(place: Path) -> FrameDetector:
    path = place / "script.jsonl"
    path.write_text(SCRIPT, encoding="utf-8")
    return ScriptedDetector(path)


def network(_: Path) -> FrameDetector:
    package = find_package(None)
    return Network(package, OnnxRuntimeEngine(package.read_weights(), ("cpu",), 2)).detector(320, 0.25)


def fallback(name: str, place: Path) -> FrameDetector:
    """A package whose weights lie in the mirror of the data folder."""
    entry = read_registry().packages[name]
    weights = read_from_folder(data("weights", entry.mirror or name))
    package = pull(name, entry, shipped_first(REGISTRY.parent / str(entry.card), weights), place)
    return Network(package, OnnxRuntimeEngine(package.read_weights(), ("cpu",), 2)).detector(None, 0.1)


def yolox_nano(place: Path) -> FrameDetector:
    return fallback("yolox-nano", place)


def nanodet_plus(place: Path) -> FrameDetector:
    return fallback("nanodet-plus-m-416", place)


def picodet(place: Path) -> FrameDetector:
    return fallback("picodet-s-416", place)


MAKERS: list[Callable[[Path], FrameDetector]] = [scripted, network, yolox_nano, nanodet_plus, picodet]


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def detector(request: pytest.FixtureRequest, tmp_path: Path) -> FrameDetector:
    made: FrameDetector = request.param(tmp_path)
    return made


def test_it_says_what_it_is(detector: FrameDetector) -> None:
    assert detector.name
    assert detector.engine
    assert detector.precision
    assert len(detector.sha256) == 64
    assert len(set(detector.class_names)) == len(detector.class_names) > 0
    assert set(detector.class_scores) <= set(detector.class_names)


@pytest.mark.parametrize(("width", "height"), [(64, 48), (640, 360), (36, 64)])
def test_detections_are_relative_and_named_by_its_own_classes(detector: FrameDetector, width: int, height: int) -> None:
    found = detector.detect(frame(0.0, width, height))
    assert found.class_names == detector.class_names
    assert found.boxes.dtype == np.float32
    assert ((found.boxes >= 0) & (found.boxes <= 1)).all()
    assert ((found.scores >= 0) & (found.scores <= 1)).all()


def test_the_same_frame_gives_the_same_answer(detector: FrameDetector) -> None:
    first, second = detector.detect(frame(0.0)), detector.detect(frame(0.0))
    assert np.array_equal(first.boxes, second.boxes)
    assert np.array_equal(first.class_ids, second.class_ids)


def test_the_frame_is_left_as_it_was(detector: FrameDetector) -> None:
    given = frame(0.0)
    before = given.image.copy()
    detector.detect(given)
    assert np.array_equal(given.image, before)


def test_a_scripted_detector_says_what_its_script_says(tmp_path: Path) -> None:
    found = scripted(tmp_path).detect(frame(0.0))
    assert [found.class_names[class_id] for class_id in found.class_ids] == ["car"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"not a script"])
def test_a_script_that_cannot_be_used_is_named_in_one_line(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DetectorError, match=r"broken\.jsonl: ") as raised:
        ScriptedDetector(path)
    assert "\n" not in str(raised.value)
