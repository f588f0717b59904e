"""One suite for every engine: what a detector may rely on. The network is the shipped package."""

import numpy as np
import pytest

from models.engine.engine import Engine
from models.engine.onnx_runtime import OnnxRuntimeEngine, refuse_silent_fallback
from models.errors import EngineError
from models.registry import find_package


def cpu() -> Engine:
    return OnnxRuntimeEngine(find_package().read_weights(), ("cpu",), threads=1)


@pytest.fixture(scope="module", params=[cpu], ids=["onnxruntime-cpu"])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.param()
    return made


def picture(width: int = 160, height: int = 128, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((1, 3, height, width), np.float32)


def test_it_names_its_runtime_and_device_and_says_what_goes_in_and_comes_out(engine: Engine) -> None:
    assert "-" in engine.name
    assert [(tensor.name, tensor.dtype) for tensor in engine.inputs] == [("images", "float32")]
    assert engine.inputs[0].shape[1] == 3
    assert [tensor.dtype for tensor in engine.outputs] == ["float32"]


@pytest.mark.parametrize(("width", "height"), [(128, 128), (192, 128), (128, 256)])
def test_a_picture_of_any_whole_strides_gives_rows_of_six(engine: Engine, width: int, height: int) -> None:
    outputs = engine.run({engine.inputs[0].name: picture(width, height)})
    assert len(outputs) == len(engine.outputs)
    assert outputs[0].shape[0] == 1
    assert outputs[0].shape[2] == 6
    assert np.isfinite(outputs[0]).all()


def test_the_same_input_gives_the_same_output_and_is_left_as_it_was(engine: Engine) -> None:
    given = picture()
    before = given.copy()
    first, second = (engine.run({engine.inputs[0].name: given})[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(given, before)


def test_an_answer_is_not_overwritten_by_the_next(engine: Engine) -> None:
    first = engine.run({engine.inputs[0].name: picture(seed=1)})[0]
    kept = first.copy()
    engine.run({engine.inputs[0].name: picture(seed=2)})
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize(
    "feeds",
    [
        {},
        {"pixels": picture()},
        {"images": picture().astype(np.float64)},
        {"images": picture()[0]},
        {"images": picture(width=161)},
    ],
    ids=["nothing", "another name", "another type", "another rank", "no whole strides"],
)
def test_an_input_that_the_network_does_not_take_is_an_error_in_one_line(
    engine: Engine, feeds: dict[str, np.ndarray]
) -> None:
    with pytest.raises(EngineError) as refused:
        engine.run(feeds)
    assert "\n" not in str(refused.value)
    assert engine.run({"images": picture()})  # and it still works


@pytest.mark.parametrize("weights", [b"", b"no network", find_package().read_weights()[:5000]])
def test_onnx_runtime_says_in_one_line_when_weights_are_no_network(weights: bytes) -> None:
    with pytest.raises(EngineError, match="cannot load these weights") as refused:
        OnnxRuntimeEngine(weights)
    assert "\n" not in str(refused.value)


def test_onnx_runtime_refuses_a_device_that_it_has_not_got() -> None:
    with pytest.raises(EngineError, match="device tensorrt is not in this onnxruntime"):
        OnnxRuntimeEngine(b"", ("tensorrt", "cpu"))
    with pytest.raises(EngineError, match="unknown device"):
        OnnxRuntimeEngine(b"", ())


def test_a_gpu_that_did_not_come_up_is_an_error_and_not_a_slow_box() -> None:
    asked = ["CUDAExecutionProvider"]
    refuse_silent_fallback(asked, ["CUDAExecutionProvider", "CPUExecutionProvider"])
    with pytest.raises(EngineError, match="CUDAExecutionProvider did not come up"):
        refuse_silent_fallback(asked, ["CPUExecutionProvider"])
