"""TensorRT as far as our adapter uses it, in the memory of this process.

Signatures and return values are those of the bindings of TensorRT 10.3, 10.13 and 11.4. The network adds 1 to each
picture's mean and says it in four rows of six. What NVIDIA calls undefined gives nonsense here: a graph whose context
has another shape meanwhile, memory that is too small.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.models.fake_cuda import NAMES, ROWS, Card, Shape
from tests.models.fake_cuda import Runtime as CudaRuntime


class Context:
    def __init__(self, card: Card, most: Shape, *, own_memory: bool) -> None:
        self._card, self._most, self._has_memory = card, most, own_memory
        self._shape: Shape | None = None
        self._addresses: dict[str, int] = {}
        self._ran = False

    def set_device_memory(self, memory: int, size: int) -> None:
        self._has_memory = size >= 512 and len(self._card.memory[memory]) >= size

    def set_input_shape(self, name: str, shape: Shape) -> bool:
        assert name == NAMES[0]
        self._shape = shape
        return True

    def infer_shapes(self) -> list[str]:
        return [] if self._shape else [NAMES[0]]

    def get_tensor_shape(self, name: str) -> Shape:
        assert self._shape is not None
        return self._shape if name == NAMES[0] else (self._shape[0], self._card.rows, 6)

    def get_max_output_size(self, name: str) -> int:
        return self._most[0] * ROWS * 6 * 4 if name == NAMES[1] and self._shape else -1

    def set_tensor_address(self, name: str, memory: int) -> bool:
        self._addresses[name] = memory
        return name in NAMES and self._card.addresses

    def execute_async_v3(self, stream_handle: int) -> bool:
        card, shape = self._card, self._shape
        assert type(stream_handle) is int
        if shape is None or set(self._addresses) != set(NAMES) or not self._has_memory:
            return False
        if card.noted is not None and not (self._ran and card.captures):
            card.spoilt = True
            return False
        self._ran = True
        card.enqueued += 1
        card.do(lambda: self._compute(shape))
        return True

    def _compute(self, shape: Shape) -> None:
        rows = self._card.at(self._addresses[NAMES[1]], (shape[0], ROWS, 6))
        means = self._card.at(self._addresses[NAMES[0]], shape).mean(axis=(1, 2, 3)) + 1
        rows[:] = means[:, None, None] if shape == self._shape else np.nan


class Logger:
    WARNING = 2


class Engine:
    num_io_tensors = 2
    device_memory_size_v2 = 512

    def __init__(self, card: Card, facts: dict[str, Any]) -> None:
        self._card = card
        self._least, self._most = tuple(facts["least"]), tuple(facts["most"])

    def get_tensor_name(self, index: int) -> str:
        return NAMES[index]

    def get_tensor_shape(self, name: str) -> Shape:
        pairs = zip(self._least, self._most, strict=True)
        return (
            tuple(low if low == high else -1 for low, high in pairs) if name == NAMES[0] else (-1, self._card.rows, 6)
        )

    def get_tensor_location(self, name: str) -> str:
        return "device"

    def get_tensor_dtype(self, name: str) -> str:
        return "float32" if name == NAMES[0] else self._card.output

    def get_tensor_mode(self, name: str) -> str:
        return "input" if name == NAMES[0] else "output"

    def create_execution_context(self, strategy: str = "static") -> Context:
        return Context(self._card, self._most, own_memory=strategy == "static")


class Runtime:
    def __init__(self, card: Card, logger: Any) -> None:
        self._card = card
        if not card.starts:
            logger.log(1, "CUDA initialization failure with error: 35")
            raise TypeError("pybind11::init(): factory function returned nullptr")

    def deserialize_cuda_engine(self, plan: bytes) -> Engine | None:
        facts = json.loads(plan)
        return Engine(self._card, facts) if facts["card"] == self._card.name else None


class Builder(Runtime):
    def create_network(self, flags: int) -> Any:
        assert flags == 1 << 1
        return SimpleNamespace(num_inputs=self._card.inputs, get_input=lambda index: SimpleNamespace(name=NAMES[index]))

    def create_builder_config(self) -> Any:
        return Config(self._card)

    def create_optimization_profile(self) -> Any:
        return SimpleNamespace(set_shape=self._note)

    def _note(self, name: str, *shapes: Shape) -> None:
        assert name == NAMES[0]
        self._card.shapes = shapes

    def build_serialized_network(self, network: Any, config: Any) -> bytes:
        card = self._card
        card.built += 1
        return json.dumps({"least": card.shapes[0], "most": card.shapes[2], "card": card.name}).encode()


class Config:
    def __init__(self, card: Card) -> None:
        self._card = card
        self._timings: Any = None

    def set_memory_pool_limit(self, pool: str, pool_size: int) -> None:
        assert pool_size > 0

    def add_optimization_profile(self, profile: object) -> int:
        return 0

    def create_timing_cache(self, serialized: bytes) -> Any:
        if serialized and not serialized.startswith(b"timings of "):
            return None
        return SimpleNamespace(card=serialized[11:].decode(), serialize=f"timings of {self._card.name}".encode)

    def set_timing_cache(self, cache: Any, ignore_mismatch: bool) -> bool:
        assert not ignore_mismatch
        if cache.card not in {"", self._card.name}:
            return False
        self._card.timings_taken += bool(cache.card)
        self._timings = cache
        return True

    def get_timing_cache(self) -> Any:
        return self._timings


class Parser:
    num_errors = 1

    def __init__(self, network: object, logger: Logger) -> None:
        return

    def parse(self, model: bytes) -> bool:
        return model.startswith(b"onnx")

    def get_error(self, index: int) -> Any:
        return SimpleNamespace(desc=lambda: "no\nONNX")


def nptype(kind: str) -> Any:
    if kind == "bfloat16":
        raise TypeError("Could not resolve TensorRT datatype to an equivalent numpy datatype.")
    return np.dtype(kind)


def tensorrt_of(card: Card) -> Any:
    module: Any = ModuleType("tensorrt")
    module.__version__ = "10.13.3"
    module.ILogger, module.OnnxParser = Logger, Parser
    module.Runtime, module.Builder = partial(Runtime, card), partial(Builder, card)
    module.nptype = nptype
    module.NetworkDefinitionCreationFlag = SimpleNamespace(STRONGLY_TYPED=1)
    module.MemoryPoolType = SimpleNamespace(WORKSPACE="workspace")
    module.TensorLocation, module.TensorIOMode = SimpleNamespace(DEVICE="device"), SimpleNamespace(INPUT="input")
    module.ExecutionContextAllocationStrategy = SimpleNamespace(STATIC="static", USER_MANAGED="user managed")
    return module


@contextmanager
def installed(card: Card) -> Iterator[None]:
    """What `import tensorrt` and `from cuda.bindings import runtime` find."""
    with pytest.MonkeyPatch.context() as patch:
        runtime: Any = CudaRuntime(card)
        bindings: Any = ModuleType("cuda.bindings")
        bindings.runtime = runtime
        for name, module in {
            "tensorrt": tensorrt_of(card), "cuda": ModuleType("cuda"), "cuda.bindings": bindings,
            "cuda.bindings.runtime": runtime,
        }.items():  # fmt: skip
            patch.setitem(sys.modules, name, module)
        yield
