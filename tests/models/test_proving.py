"""Engines that are asked for and are not what they should be: real networks, really broken."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models import proving
from models.detector.detector import Detector
from models.detector.parity import COUNT_MIN
from models.engine.choice import Choice
from models.engine.feeds import check_feeds
from models.engine.machine import Machine
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.engine.opening import Opener
from models.package import Package, open_package
from models.proof import UNFINISHED_MAX
from models.proving import Image, Opened, Own, Trial, open_proven
from models.registry import find_package
from models.synthetic.sample import sample_pictures
from tests.models.broken_weights import Weights, changed
from tests.models.packages import facts, write_package

MACHINE = Machine("Some CPU", "", "", ("onnxruntime 1",))
INT8 = Choice("cpu", "int8")
WIDTHS = Callable[[Weights], Weights | float]
LAYER = "model.6.cv2.conv.weight"

BREAKS: dict[str, WIDTHS] = {
    "scales off by a quarter": lambda weights: weights * 1.25,
    "a layer in another order": lambda weights: np.random.default_rng(0).permutation(weights),
    "a layer that is lost": lambda _: 0.0,
    "numbers that are none": lambda _: float("nan"),
    "four bits where eight should be": lambda weights: np.round(weights / weights.std() * 2) * weights.std() / 2,
}


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    """As a box renders them, once for this file; without those in which nothing is seen."""
    shipped = find_package()
    detector = Detector(shipped, OnnxRuntimeEngine(shipped.read_weights()), size_px=320, score_min=0.4)
    counts = [(len(detector.detect(one)), one) for one in sample_pictures(16)]
    chosen, seen = list[Image](), 0
    for count, one in counts[::2] + counts[1::2]:
        if count and seen < COUNT_MIN + 10:
            chosen.append(one)
            seen += count
    return chosen


@pytest.fixture(autouse=True)
def rendered(monkeypatch: pytest.MonkeyPatch, pictures: list[Image]) -> list[int]:
    """How often they were asked for."""
    times: list[int] = []

    def again(each: int) -> Iterator[Image]:
        times.append(each)
        return iter(pictures)

    monkeypatch.setattr(proving, "sample_pictures", again)
    return times


def package(folder: Path, variant: bytes | None, precision: str = "int8") -> Package:
    """The shipped network, and beside it the variant under a name of its own."""
    shipped = find_package()
    weights, card = shipped.read_weights(), shipped.card.model_dump(mode="json", exclude_none=True)
    changes: dict[str, Any] = {name: card[name] for name in ("classes", "input", "min_score")}
    if variant is not None:
        files = {"model.onnx": facts(weights), "other.onnx": facts(variant)}
        changes |= {"variants": {precision: "other.onnx"}, "files": files}
    write_package(folder, weights, **changes)
    if variant is not None:
        (folder / "other.onnx").write_bytes(variant)
    return open_package(folder)


@pytest.fixture
def trial(tmp_path: Path) -> Callable[..., Trial]:
    def make(variant: bytes | None, choice: Choice = INT8, machine: Machine = MACHINE) -> Trial:
        folder = tmp_path / "package"
        made = open_package(folder) if folder.exists() else package(folder, variant)
        return Trial(made, choice, Opener(2, 320, tmp_path / "engines", machine))

    return make


def broken(name: str = "scales off by a quarter") -> bytes:
    return changed(find_package().read_weights(), LAYER, BREAKS[name])


def is_reference(opened: Opened) -> bool:
    return (opened.package.card.precision, opened.engine.name) == ("fp32", "onnxruntime-cpu")


@pytest.mark.parametrize("name", BREAKS)
def test_a_network_that_is_broken_inside_is_refused_and_the_reference_runs(
    name: str, trial: Callable[..., Trial]
) -> None:
    opened = open_proven(trial(broken(name)))
    assert is_reference(opened)
    assert "cpu:int8 is not used: sees something else than the reference" in str(opened.refusal)
    assert "\n" not in str(opened.refusal)


def test_an_engine_that_sees_the_same_is_used(trial: Callable[..., Trial]) -> None:
    opened = open_proven(trial(find_package().read_weights()))
    assert opened.refusal is None
    assert opened.package.card.precision == "int8"
    assert opened.package.card.weights == "other.onnx"


class OfOne(OnnxRuntimeEngine):
    """As a network whose file fixes the batch: a runtime refuses two pictures."""

    def __init__(self, weights: bytes) -> None:
        super().__init__(weights)
        (taken,) = self.inputs
        self.inputs = (replace(taken, shape=(1, *taken.shape[1:])),)

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        check_feeds(self.inputs, feeds)
        return super().run(feeds)


def test_a_network_of_one_picture_at_a_time_is_not_compared_in_company(
    trial: Callable[..., Trial], pictures: list[Image]
) -> None:
    on_a_gpu = trial(None, Choice("cuda"))
    assert on_a_gpu.compare(OfOne(find_package().read_weights()), pictures[:8]).agreeing == 1


def test_the_reference_itself_is_opened_without_a_picture(trial: Callable[..., Trial], rendered: list[int]) -> None:
    opened = open_proven(trial(None, Choice("cpu", "fp32")))
    assert is_reference(opened)
    assert opened.refusal is None
    assert rendered == []


@pytest.mark.parametrize(
    ("choice", "why"),
    [
        (Choice("cpu", "fp16"), "has no fp16 weights, only fp32, int8"),
        (Choice("cuda"), "device cuda is not in this onnxruntime"),
        (Choice("tensorrt"), "device tensorrt is not in this onnxruntime"),
        (Choice("tensorrt-native"), "tensorrt cannot be imported"),
    ],
)
def test_what_is_not_here_is_said_and_the_reference_runs(choice: Choice, why: str, trial: Callable[..., Trial]) -> None:
    opened = open_proven(trial(find_package().read_weights(), choice))
    if opened.refusal is None:
        pytest.skip(f"this machine has {choice}")
    assert is_reference(opened)
    assert why in opened.refusal


@pytest.mark.parametrize("good", [True, False])
def test_a_verdict_is_kept_and_holds_at_the_next_start(
    good: bool, trial: Callable[..., Trial], rendered: list[int]
) -> None:
    variant = find_package().read_weights() if good else broken()
    first, second = (open_proven(trial(variant)) for _ in range(2))
    assert len(rendered) == 1
    assert first.refusal == second.refusal
    assert (first.refusal is None) is good
    assert first.package.sha256 == second.package.sha256


def test_another_machine_runtime_or_input_size_is_another_verdict(
    trial: Callable[..., Trial], rendered: list[int]
) -> None:
    one = trial(broken())
    changes: tuple[dict[str, Any], ...] = (
        {"machine": replace(MACHINE, cpu="Some CPU +vnni")},
        {"machine": replace(MACHINE, gpu="Some card")},
        {"machine": replace(MACHINE, driver="550.54")},
        {"machine": replace(MACHINE, runtimes=("onnxruntime 2",))},
        {"size_px": 352},
    )
    open_proven(one)
    for number, change in enumerate(changes, start=2):
        other = replace(one, opener=replace(one.opener, **change))
        assert open_proven(other).refusal is not None
        assert len(rendered) == number
    open_proven(one)
    assert len(rendered) == len(changes) + 1


def test_a_book_that_cannot_be_read_is_begun_again(
    trial: Callable[..., Trial], rendered: list[int], tmp_path: Path
) -> None:
    open_proven(trial(broken()))
    (tmp_path / "engines" / "proofs.json").write_text('{"proofs": [{"key": 3, "settled": true}]}')
    assert open_proven(trial(broken())).refusal is not None
    assert len(rendered) == 2


def test_pictures_of_the_box_itself_are_looked_at_once_there_are_enough(
    trial: Callable[..., Trial], rendered: list[int], pictures: list[Image]
) -> None:
    read: list[int] = []

    def own(count: int) -> Callable[[], Own]:
        def seen() -> list[Image]:
            read.append(count)
            return pictures[:3]

        return lambda: Own(count, seen)

    one = trial(find_package().read_weights())
    for count in (0, 49, 50, 90):
        open_proven(one, own(count))
    assert read == [0, 50]
    assert len(rendered) == 2


def test_an_engine_that_ends_the_process_each_time_is_left_alone(
    trial: Callable[..., Trial], rendered: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """What a crash leaves behind: nothing of ours runs after it."""

    one = trial(find_package().read_weights())
    with monkeypatch.context() as patched:
        patched.setattr(Opener, "open", lambda *_: (_ for _ in ()).throw(Killed()))
        for _ in range(UNFINISHED_MAX):
            with pytest.raises(Killed):
                open_proven(one)
    opened = open_proven(one)
    assert is_reference(opened)
    assert f"ended {UNFINISHED_MAX} times without a verdict" in str(opened.refusal)
    assert rendered == []


def test_a_book_that_cannot_be_kept_is_said_and_the_reference_runs(trial: Callable[..., Trial], tmp_path: Path) -> None:
    (tmp_path / "engines").write_text("in the way")
    opened = open_proven(trial(find_package().read_weights()))
    assert is_reference(opened)
    assert "proofs.json: cannot be written" in str(opened.refusal)
