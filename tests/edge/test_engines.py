"""A box whose engine is not what it should be: it looks all the same, and says so."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.analysis import Detectors, own_pictures
from edge.delivery.faults import Faults
from edge.evidence.key_frames import newest_key_frames
from edge.settings import Settings
from models.registry import find_package
from tests.models.broken_weights import changed
from tests.models.packages import facts, write_package

LAYER = "model.6.cv2.conv.weight"


@pytest.fixture(autouse=True)
def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUNJIAN_ENGINES", str(tmp_path / "engines"))


def settings(tmp_path: Path, **detector: object) -> Settings:
    """A box with the shipped network and a broken int8 copy of it."""
    folder = tmp_path / "package"
    if not folder.exists():
        shipped = find_package()
        weights = shipped.read_weights()
        broken = changed(weights, LAYER, lambda one: one * 1.25)
        card = shipped.card.model_dump(mode="json", exclude_none=True)
        files = {"model.onnx": facts(weights), "broken.onnx": facts(broken)}
        taken = {name: card[name] for name in ("classes", "input", "min_score")}
        write_package(folder, weights, files=files, variants={"int8": "broken.onnx"}, **taken)
        (folder / "broken.onnx").write_bytes(broken)
    central = {"url": "http://localhost:1", "broker": "mqtt://localhost:1", "public_key": "A" * 43 + "="}
    return Settings.model_validate({
        "box_id": "box", "central": central, "cameras": {"yard": {"source": "yard.mp4"}},
        "detector": {"model": str(folder), "size_px": 352} | detector,
    })  # fmt: skip


def test_a_broken_engine_is_a_fault_and_the_reference_looks(tmp_path: Path) -> None:
    faults = Faults()
    box = settings(tmp_path, precision="int8")
    detector = Detectors(box, tmp_path, faults).of(box.cameras["yard"])
    (fault,) = faults.current()
    assert fault.startswith("engine: cpu:int8 is not used: sees something else than the reference")
    assert len(fault) <= 200
    assert (detector.engine, detector.precision) == ("onnxruntime-cpu", "fp32")
    assert detector.sha256 == find_package().sha256


def test_a_runtime_that_is_not_there_is_a_fault_and_the_reference_looks(tmp_path: Path) -> None:
    faults = Faults()
    box = settings(tmp_path, device="tensorrt-native")
    detector = Detectors(box, tmp_path, faults).of(box.cameras["yard"])
    if detector.engine != "onnxruntime-cpu":
        pytest.skip("this machine has TensorRT")
    assert faults.current()[0].startswith("engine: tensorrt-native is not used: tensorrt cannot be imported")


def test_a_box_that_begins_again_with_the_reference_has_no_fault_any_more(tmp_path: Path) -> None:
    faults = Faults()
    faults.rise("engine", "cpu:int8 is not used: of before")
    box = settings(tmp_path)
    Detectors(box, tmp_path, faults).of(box.cameras["yard"])
    assert faults.current() == ()


def test_what_the_box_has_seen_is_its_original_key_frames_newest_first(tmp_path: Path) -> None:
    for number, name in enumerate(("a", "b", "c")):
        folder = tmp_path / "incidents" / name
        folder.mkdir(parents=True)
        picture = np.full((8, 8, 3), number, np.uint8)
        (folder / "1.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
        (folder / "1.jpg").write_bytes(b"a derivative")
    (tmp_path / "incidents" / "b" / "1.png").write_bytes(b"cut off")
    newest = newest_key_frames(tmp_path, 2)
    assert [path.parent.name for path in newest] == ["b", "c"]
    own = own_pictures(tmp_path)
    assert own.count == 3
    assert [int(picture[0, 0, 0]) for picture in own.read()] == [2, 0]
