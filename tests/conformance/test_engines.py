"""One suite for every engine: what a detector may rely on. The network is the shipped package.

Engines of a GPU are tried where there is one and their runtime is installed, and else skipped with the reason.
"""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from models.engine.choice import Choice
from models.engine.engine import Engine
from models.engine.machine import read_machine
from models.engine.onnx_runtime import OnnxRuntimeEngine, refuse_silent_fallback
from models.engine.opening import BATCH_MAX, Opener
from models.engine.tensorrt import TensorRtEngine
from models.engine.tensorrt_plan import Extent
from models.errors import EngineError
from models.proving import Trial, no_own, pictures_beside
from models.registry import find_package
from tests.models.broken_weights import changed

SIZE_PX = 320
ENGINES = [
    Choice("cpu"),
    Choice("cpu", "fp16"),
    *(
        pytest.param(choice, marks=pytest.mark.gpu)
        for choice in (
            Choice("cuda"),
            Choice("tensorrt"),
            Choice("tensorrt-native"),
            Choice("tensorrt-native", "fp16"),
            Choice("tensorrt-graph"),
            Choice("tensorrt-graph", "fp16"),
        )
    ),
]
NATIVE = ("tensorrt-native", "tensorrt-graph")


def why_not_here(choice: Choice) -> str | None:
    """Of a GPU's engines: what this machine lacks."""
    if not read_machine().gpu:
        return "no NVIDIA GPU on this machine"
    if choice.device in NATIVE:
        missing = [name for name in ("tensorrt", "cuda.bindings") if not _installed(name)]
        return f"{' and '.join(missing)} not installed" if missing else None
    import onnxruntime

    provider = {"cuda": "CUDAExecutionProvider", "tensorrt": "TensorrtExecutionProvider"}[choice.device]
    return None if provider in onnxruntime.get_available_providers() else f"no {provider} in this onnxruntime"


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture(scope="module", params=ENGINES, ids=str)
def trial(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    choice: Choice = request.param
    if not choice.on_cpu and (why := why_not_here(choice)):
        pytest.skip(f"{choice}: {why}")
    package = find_package()
    if choice.precision not in (None, package.card.precision, *package.card.variants):
        pytest.skip(f"{choice}: {package.card.name} has no {choice.precision} weights")
    return Trial(package, choice, Opener(1, SIZE_PX, tmp_path_factory.mktemp("engines"), read_machine()))


@pytest.fixture(scope="module")
def engine(trial: Trial) -> Engine:
    return trial.open()


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


def test_several_pictures_at_once_are_seen_as_each_alone(engine: Engine) -> None:
    both = np.concatenate((picture(seed=3), picture(seed=4)))
    (together,) = engine.run({"images": both})
    for row, seed in zip(together, (3, 4), strict=True):
        (alone,) = engine.run({"images": picture(seed=seed)})
        np.testing.assert_allclose(row[:5], alone[0][:5], atol=0.05)  # the best five: far down, equals change places


@pytest.mark.gpu
def test_a_gpu_sees_what_the_reference_sees(trial: Trial, engine: Engine) -> None:
    if trial.choice.on_cpu:
        pytest.skip("no GPU's engine")
    assert trial.compare(engine, pictures_beside(no_own())).refusal is None


@pytest.mark.gpu
def test_what_was_built_is_loaded_by_the_next_start(trial: Trial, engine: Engine) -> None:
    if trial.choice.device not in NATIVE:
        pytest.skip("only TensorRT's own engine keeps plans")
    plan = max(trial.opener.folder.glob("*.plan"), key=lambda path: path.stat().st_mtime)
    before = plan.read_bytes()
    again = trial.open()
    assert plan.read_bytes() == before
    np.testing.assert_allclose(again.run({"images": picture()})[0], engine.run({"images": picture()})[0], atol=0.01)


@pytest.mark.gpu
def test_another_driver_or_other_weights_are_built_anew_with_the_timings_of_before(
    trial: Trial, engine: Engine
) -> None:
    if trial.choice != Choice("tensorrt-native"):
        pytest.skip("only TensorRT's own engine keeps plans; once is enough")
    folder, weights = trial.opener.folder, trial.package.read_weights()
    (timings,) = folder.glob("*.timings")
    before_bytes, before = timings.stat().st_size, set(folder.glob("*.plan"))
    assert before_bytes > 0
    extent = Extent.of(trial.package.card.input, SIZE_PX, BATCH_MAX)
    machine = read_machine()
    TensorRtEngine(weights, extent, folder, replace(machine, driver="another"))
    assert len(set(folder.glob("*.plan")) - before) == 1
    other = changed(weights, "model.6.cv2.conv.weight", lambda one: one * 1.25)
    TensorRtEngine(other, extent, folder, machine)
    assert len(set(folder.glob("*.plan")) - before) == 2
    assert timings.stat().st_size >= before_bytes, "what was learned is not lost"


@pytest.mark.gpu
def test_a_cuda_graph_says_what_the_plain_engine_says(trial: Trial, engine: Engine) -> None:
    if trial.choice.device != "tensorrt-graph":
        pytest.skip("only one engine has graphs")
    assert isinstance(engine, TensorRtEngine)
    plain = replace(trial, choice=replace(trial.choice, device="tensorrt-native")).open()
    sizes = [(160, 128, 1), (320, 192, 1), (160, 128, 2)]
    for seed in range(6 * len(sizes)):
        width, height, batch = sizes[seed % len(sizes)]
        given = np.concatenate([picture(width, height, seed + 100 * one) for one in range(batch)])
        (replayed,), (enqueued,) = engine.run({"images": given}), plain.run({"images": given})
        np.testing.assert_array_equal(replayed, enqueued)
    assert engine.graphs_held >= len(sizes), "this network can be captured"


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
