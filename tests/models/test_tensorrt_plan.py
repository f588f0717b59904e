"""What TensorRT built, on the disk: the right one, whole, or built again."""

import ctypes
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.engine.cuda_memory import Block
from models.engine.engine import Tensor
from models.engine.feeds import check_feeds
from models.engine.machine import Machine
from models.engine.tensorrt import TensorRtEngine
from models.engine.tensorrt_plan import (
    PLANS_MAX,
    Extent,
    load_or_build,
    plan_key,
    provider_options,
    read_plan,
    write_plan,
)
from models.errors import EngineError
from models.registry import find_package

EXTENT = Extent((1, 3, 128, 128), (1, 3, 448, 768), (4, 3, 768, 768))
MACHINE = Machine("Some CPU", "NVIDIA L4", "550.54", ("tensorrt 10.13",))
KEY = plan_key(b"weights", EXTENT, MACHINE, "10.13.3")
PLAN = bytes(range(256)) * 40


def test_an_extent_is_of_the_card_and_of_the_largest_look() -> None:
    facts = find_package().card.input
    assert Extent.of(facts, 768, 4) == EXTENT
    fixed = Extent.of(facts.model_copy(update={"dynamic": False, "size_px": 416}), 416, 1)
    assert {fixed.least, fixed.usual, fixed.most} == {(1, 3, 416, 416)}


@pytest.mark.parametrize(
    ("shape", "held"),
    [
        ((1, 3, 128, 128), True),
        ((4, 3, 768, 768), True),
        ((5, 3, 768, 768), False),
        ((1, 3, 96, 128), False),
        ((1, 3, 448, 800), False),
        ((3, 448, 768), False),
    ],
)
def test_an_engine_is_built_for_some_shapes(shape: tuple[int, ...], held: bool) -> None:
    assert EXTENT.holds(shape) is held


def test_an_extent_keeps_to_the_sides_that_a_network_has_fixed() -> None:
    assert EXTENT.fitted((None, 3, None, None)) == EXTENT
    one = EXTENT.fitted((1, 3, None, None))
    assert (one.least, one.usual, one.most) == ((1, 3, 128, 128), (1, 3, 448, 768), (1, 3, 768, 768))
    fixed = EXTENT.fitted((1, 3, 416, 416))
    assert {fixed.least, fixed.usual, fixed.most} == {(1, 3, 416, 416)}


@pytest.mark.parametrize(
    "other",
    [
        plan_key(b"other weights", EXTENT, MACHINE, "10.13.3"),
        plan_key(b"weights", replace(EXTENT, most=(8, 3, 768, 768)), MACHINE, "10.13.3"),
        plan_key(b"weights", EXTENT, replace(MACHINE, gpu="NVIDIA L40S"), "10.13.3"),
        plan_key(b"weights", EXTENT, replace(MACHINE, driver="560.28"), "10.13.3"),
        plan_key(b"weights", EXTENT, MACHINE, "10.14.1"),
    ],
    ids=["weights", "shapes", "card", "driver", "TensorRT"],
)
def test_a_plan_is_for_these_weights_shapes_card_driver_and_version(other: str) -> None:
    assert other != KEY


def test_a_plan_does_not_depend_on_what_it_does_not_run_on() -> None:
    assert plan_key(b"weights", EXTENT, replace(MACHINE, cpu="Another"), "10.13.3") == KEY


def test_the_provider_of_onnx_runtime_is_told_shapes_numbers_and_where_to_keep(tmp_path: Path) -> None:
    options = provider_options("images", EXTENT, tmp_path, "fp16")
    assert options["trt_profile_min_shapes"] == "images:1x3x128x128"
    assert options["trt_profile_max_shapes"] == "images:4x3x768x768"
    assert options["trt_engine_cache_path"] == str(tmp_path)
    assert options["trt_fp16_enable"] == "1"
    assert "trt_int8_enable" in provider_options("images", EXTENT, tmp_path, "int8")
    plain = provider_options("images", EXTENT, tmp_path, "fp32")
    assert not {"trt_int8_enable", "trt_fp16_enable"} & set(plain)


def test_a_plan_comes_back_as_it_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "engines"
    assert read_plan(folder, KEY) is None
    write_plan(folder, KEY, PLAN)
    assert read_plan(folder, KEY) == PLAN
    assert [path.name for path in folder.iterdir()] == [f"{KEY}.plan"]
    assert (folder / f"{KEY}.plan").stat().st_mode & 0o077 == 0


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda content: content[:-1],
    "longer": lambda content: content + b"\0",
    "one bit": lambda content: content[:-7] + bytes([content[-7] ^ 1]) + content[-6:],
    "of another key": lambda content: content.replace(KEY.encode(), b"0" * 64),
    "empty": lambda _: b"",
    "no header": lambda _: PLAN,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_plan_is_built_again_and_replaced(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    write_plan(tmp_path, KEY, PLAN)
    path = tmp_path / f"{KEY}.plan"
    path.write_bytes(damage(path.read_bytes()))
    assert load_or_build(tmp_path, KEY, lambda plan: plan, lambda: b"built again") == b"built again"
    assert read_plan(tmp_path, KEY) == b"built again"


def test_a_whole_plan_is_not_built_again(tmp_path: Path) -> None:
    write_plan(tmp_path, KEY, PLAN)
    assert load_or_build(tmp_path, KEY, lambda plan: plan, lambda: pytest.fail("built")) == PLAN


def test_a_plan_that_the_runtime_will_not_have_any_more_is_built_again(tmp_path: Path) -> None:
    write_plan(tmp_path, KEY, PLAN)
    taken = load_or_build(tmp_path, KEY, lambda plan: None if plan == PLAN else plan, lambda: b"new")
    assert taken == b"new"
    assert load_or_build(tmp_path, KEY, lambda _: None, lambda: b"newer") is None


def test_a_plan_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    write_plan(tmp_path, KEY, PLAN)
    (tmp_path / f"{KEY}.plan.part").mkdir()  # in the way of the temporary file
    with pytest.raises(EngineError, match="cannot be written") as refused:
        load_or_build(tmp_path, KEY, lambda plan: None if plan == PLAN else plan, lambda: b"new")
    assert "\n" not in str(refused.value)
    assert read_plan(tmp_path, KEY) == PLAN


def test_the_longest_unused_plans_go(tmp_path: Path) -> None:
    keys = [f"{number:064x}" for number in range(PLANS_MAX + 1)]
    for age, key in enumerate(keys[:-1]):
        write_plan(tmp_path, key, PLAN)
        os.utime(tmp_path / f"{key}.plan", (1000 + age, 1000 + age))
    (tmp_path / "proofs.json").write_text("{}")
    assert read_plan(tmp_path, keys[0]) == PLAN  # used just now
    write_plan(tmp_path, keys[-1], PLAN)
    left = {path.stem for path in tmp_path.glob("*.plan")}
    assert left == {keys[0], *keys[2:]}
    assert (tmp_path / "proofs.json").exists()


INPUTS = (Tensor("images", (None, 3, None, None), "float32"),)


@pytest.mark.parametrize(
    ("name", "array", "why"),
    [
        ("pixels", np.zeros((1, 3, 128, 128), np.float32), "given pixels, but the network takes images"),
        ("images", np.zeros((1, 3, 128, 128)), "float64"),
        ("images", np.zeros((3, 128, 128), np.float32), "shape"),
        ("images", np.zeros((1, 4, 128, 128), np.float32), "shape"),
    ],
)
def test_feeds_are_checked_where_a_runtime_would_not(name: str, array: np.ndarray, why: str) -> None:
    check_feeds(INPUTS, {"images": np.zeros((2, 3, 128, 160), np.float32)})
    with pytest.raises(EngineError, match=why):
        check_feeds(INPUTS, {name: array})


def test_a_block_is_seen_as_an_array_and_no_further_than_it_goes() -> None:
    memory = (ctypes.c_byte * 48)()
    block = Block(ctypes.addressof(memory), 0, 48)
    block.view((3, 4), "float32")[...] = np.arange(12).reshape(3, 4)
    assert block.view((12,), np.float32).tolist() == list(range(12))
    with pytest.raises(EngineError, match="more than the 48 bytes"):
        block.view((13,), "float32")


def test_tensorrt_that_is_not_installed_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    try:
        import tensorrt  # noqa: F401
    except (ImportError, OSError):
        with pytest.raises(EngineError, match=r"docs/engines\.md") as refused:
            TensorRtEngine(b"weights", EXTENT, tmp_path, MACHINE)
        assert "\n" not in str(refused.value)
    else:
        pytest.skip("this machine has TensorRT")
