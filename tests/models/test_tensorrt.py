"""TensorRT's adapter against a library that does what the documentation of the real one says; no GPU is needed."""

import gc
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from models.engine.machine import Machine
from models.engine.tensorrt import TensorRtEngine
from models.engine.tensorrt_lane import GRAPHS_MAX, RUNS_BEFORE_CAPTURE
from models.engine.tensorrt_plan import Extent
from models.errors import EngineError
from tests.models.fake_cuda import ROWS, Card
from tests.models.fake_tensorrt import installed

EXTENT = Extent((1, 3, 32, 32), (1, 3, 64, 64), (4, 3, 96, 96))
MACHINE = Machine("Some CPU", "NVIDIA L4", "550.54", ())
SHAPES = [(1, 3, 64, 64), (2, 3, 64, 64), (1, 3, 32, 96)]
WEIGHTS = b"onnx"
Opening = Callable[..., TensorRtEngine]


@pytest.fixture
def card() -> Iterator[Card]:
    card = Card()
    with installed(card):
        yield card


@pytest.fixture
def opened(tmp_path: Path, card: Card) -> Opening:
    def run(*, weights: bytes = WEIGHTS, machine: Machine = MACHINE, graphs: bool = False) -> TensorRtEngine:
        return TensorRtEngine(weights, EXTENT, tmp_path, machine, graphs=graphs)

    return run


def pictures(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


def check(engine: TensorRtEngine, shape: tuple[int, ...], seed: int) -> None:
    given = pictures(shape, seed)
    (rows,) = engine.run({"images": given})
    assert rows.shape == (shape[0], ROWS, 6)
    np.testing.assert_allclose(rows, np.broadcast_to(given.mean(axis=(1, 2, 3))[:, None, None] + 1, rows.shape), 1e-5)


@pytest.mark.parametrize("graphs", [False, True])
def test_pictures_of_several_sizes_in_turn_are_each_answered(opened: Opening, graphs: bool) -> None:
    engine = opened(graphs=graphs)
    for seed in range(8 * len(SHAPES)):
        check(engine, SHAPES[seed % len(SHAPES)], seed)
    for seed in range(5):
        check(engine, SHAPES[0], seed)
    assert engine.graphs_held == (len(SHAPES) if graphs else 0)


def test_a_shape_that_comes_again_is_replayed_and_not_enqueued(opened: Opening, card: Card) -> None:
    engine = opened(graphs=True)
    for seed in range(20):
        check(engine, SHAPES[0], seed)
    # before it is worth it, once to set up the context, and once while it is captured
    assert card.enqueued == RUNS_BEFORE_CAPTURE - 1 + 2
    assert card.launched == 20 - (RUNS_BEFORE_CAPTURE - 1)


def test_a_network_that_cannot_be_captured_runs_without_a_graph_and_says_so_once(
    opened: Opening, card: Card, caplog: pytest.LogCaptureFixture
) -> None:
    card.captures = False
    engine = opened(graphs=True)
    with caplog.at_level(logging.WARNING):
        for seed in range(20):
            check(engine, SHAPES[seed % 2], seed)
    assert (card.launched, engine.graphs_held, card.noted) == (0, 0, None)
    (said,) = caplog.messages
    assert said.startswith("TensorRT runs without CUDA graphs: ")


def test_graphs_are_bounded(opened: Opening) -> None:
    engine = opened(graphs=True)
    for seed in range(4 * (GRAPHS_MAX + 3)):
        check(engine, (1, 3, 32, 32 + seed // 4), seed)
    assert engine.graphs_held == GRAPHS_MAX
    check(engine, (1, 3, 32, 32), 99)


@pytest.mark.parametrize("graphs", [False, True])
def test_nothing_is_left_on_the_card(opened: Opening, card: Card, graphs: bool) -> None:
    engine = opened(graphs=graphs)
    for seed in range(5):
        check(engine, SHAPES[0], seed)
    assert card.memory
    del engine
    gc.collect()
    assert (card.memory, card.streams, card.graphs) == ({}, set(), set())


def test_a_plan_is_built_once_for_weights_and_driver(opened: Opening, card: Card) -> None:
    opened()
    opened(graphs=True)
    assert card.built == 1
    opened(machine=Machine("Some CPU", "NVIDIA L4", "560.28", ()))
    assert card.built == 2
    opened(weights=WEIGHTS + b"of another day")
    assert card.built == 3


def test_timings_make_the_next_building_shorter(opened: Opening, card: Card) -> None:
    opened()
    assert card.timings_taken == 0
    opened(weights=WEIGHTS + b"2")
    assert card.timings_taken == 1


@pytest.mark.parametrize("kept", [b"damaged", b"timings of another card"])
def test_timings_that_are_not_of_this_card_are_made_anew(
    opened: Opening, card: Card, tmp_path: Path, kept: bytes
) -> None:
    timings = tmp_path / "tensorrt-10.13.3.timings"
    timings.write_bytes(kept)
    opened()
    assert timings.read_bytes() == b"timings of card one"
    assert card.timings_taken == 0


def test_a_plan_that_another_card_built_is_built_again(opened: Opening, card: Card) -> None:
    opened()
    card.name = "card two"
    check(opened(), SHAPES[0], 0)
    assert card.built == 2


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"starts": False}, r"does not start: CUDA initialization failure with error: 35; check the driver"),
        ({"rows": -1}, r"how large rows is depends on the picture"),
        ({"output": "bfloat16"}, r"rows is in numbers that numpy has not got"),
        ({"addresses": False}, r"does not take memory for images"),
        ({"inputs": 2}, r"2 inputs; this engine is for networks with one"),
    ],
    ids=str,
)
def test_what_this_engine_is_not_for_is_an_error_in_one_line(
    opened: Opening, card: Card, how: dict[str, object], why: str
) -> None:
    for name, value in how.items():
        setattr(card, name, value)
    with pytest.raises(EngineError, match=why) as refused:
        opened()
    assert "\n" not in str(refused.value)


def test_weights_that_are_none_are_refused_in_one_line(opened: Opening) -> None:
    with pytest.raises(EngineError, match="cannot read these weights: no ONNX"):
        opened(weights=b"text")


def test_a_shape_that_it_was_not_built_for_is_refused_and_the_next_one_runs(opened: Opening) -> None:
    engine = opened(graphs=True)
    with pytest.raises(EngineError, match="built for"):
        engine.run({"images": pictures((5, 3, 64, 64), 0)})
    check(engine, SHAPES[0], 1)
