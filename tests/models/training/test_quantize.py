"""Smaller copies of the shipped detector, on networks of its own; with the trainer's libraries only."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from models.card import FileFacts
from models.detector.detector import Detector
from models.detector.parity import SCORE_MIN, SCORE_SLACK, agreement
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.package import Package
from models.registry import find_package
from models.synthetic.sample import sample_pictures
from tests.models.packages import facts

pytestmark = pytest.mark.skipif(importlib.util.find_spec("onnx") is None, reason="needs onnx (extra train)")

SIZE_PX = 480


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    return list(sample_pictures(8))


def detector(weights: bytes) -> Detector:
    shipped = find_package()
    card = shipped.card.model_copy(update={"files": {"model.onnx": FileFacts.model_validate(facts(weights))}})
    package = Package(shipped.folder, card, "")
    engine = OnnxRuntimeEngine(weights)
    assert [one.dtype for one in (*engine.inputs, *engine.outputs)] == ["float32", "float32"]
    return Detector(package, engine, size_px=SIZE_PX, score_min=SCORE_MIN - SCORE_SLACK)


def test_float16_sees_the_same_and_is_half_as_large(tmp_path: Path, pictures: list[np.ndarray]) -> None:
    from models.training.detector.quantize import to_float16

    shipped = find_package()
    to_float16(shipped.folder / "model.onnx", tmp_path / "half.onnx")
    weights = (tmp_path / "half.onnx").read_bytes()
    assert len(weights) < 0.55 * len(shipped.read_weights())
    reference, half = detector(shipped.read_weights()), detector(weights)
    found = agreement([reference.detect(one) for one in pictures], [half.detect(one) for one in pictures])
    assert found.refusal is None


def test_int8_holds_bytes_where_it_is_asked_for_and_floats_elsewhere(
    tmp_path: Path, pictures: list[np.ndarray]
) -> None:
    import onnx
    from onnxruntime.quantization import CalibrationDataReader

    from models.training.detector.quantize import BLOCKS, to_int8

    class Few(CalibrationDataReader):
        def __init__(self) -> None:
            resized = (one[::4, ::4][:128, :128].transpose(2, 0, 1)[None] / 255 for one in pictures[:3])
            self._left = ({"images": np.ascontiguousarray(one, np.float32)} for one in resized)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self._left, None)

    shipped = find_package()
    to_int8(shipped.folder / "model.onnx", tmp_path / "int8.onnx", Few(), BLOCKS, symmetric=True)
    model = onnx.load(tmp_path / "int8.onnx")
    bytes_of = {one.name: one.data_type for one in model.graph.initializer}
    quantized = {
        name for name, kind in bytes_of.items() if kind == onnx.TensorProto.INT8 and name.endswith("quantized")
    }
    assert quantized
    assert {int(name.split(".")[1]) for name in quantized} == set(BLOCKS)
    scales = {
        len(one.float_data) or one.dims[0] for one in model.graph.initializer if one.name.endswith("weight_scale")
    }
    assert min(scales) > 1, "a scale per channel"
    assert all(one.version >= 17 for one in model.opset_import if not one.domain)
    assert detector((tmp_path / "int8.onnx").read_bytes()).detect(pictures[0]) is not None
