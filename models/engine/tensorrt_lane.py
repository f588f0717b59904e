"""TensorRT's execution contexts: one that takes any shape, and one for each shape that is replayed as a CUDA graph.

A graph holds for the shape, the addresses and the context that it was captured with, so each has a context of its own;
as they never run at the same time, they share the memory for what lies between the layers. A context is run once
before it is captured: what it sets up at its first run may not be part of a graph (NVIDIA/TensorRT#3798, #2603).
"""

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.engine.cuda_memory import Block, CudaMemory
from models.engine.engine import Tensor
from models.errors import EngineError

GRAPHS_MAX = 8  # two looks of batches of one to four
RUNS_BEFORE_CAPTURE = 3  # of a shape; one that comes rarely is not worth a context
SHAPES_COUNTED_MAX = 64
LOG = logging.getLogger(__name__)

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the lanes of an engine share; one at a time works at it. remark: what TensorRT said last."""

    memory: CudaMemory
    stream: Any
    blocks: Mapping[str, Block]
    taken: Tensor
    given: tuple[Tensor, ...]
    remark: Callable[[], str]


class Lane:
    """One execution context. Everything here raises EngineError."""

    def __init__(self, context: Any, desk: Desk) -> None:
        self._context = context
        self._desk = desk
        self._shape: Shape | None = None
        self._output_shapes: list[Shape] = []
        self._graph: Any = None

    def set_shape(self, shape: Shape) -> None:
        """Of the input; what comes out follows from it."""
        if shape == self._shape:
            return
        self._shape, context, name = None, self._context, self._desk.taken.name
        try:
            fits = context.set_input_shape(name, shape) and not context.infer_shapes()
        except RuntimeError as error:
            raise EngineError(f"TensorRT does not take {name} {shape}: {' '.join(str(error).split())[:300]}") from error
        if not fits:
            raise EngineError(f"TensorRT does not take {name} {shape}: {self._desk.remark()}")
        shapes = [tuple(context.get_tensor_shape(one.name)) for one in self._desk.given]
        for one, sides in zip(self._desk.given, shapes, strict=True):
            if any(side < 0 for side in sides):
                raise EngineError(f"how large {one.name} is depends on the picture; this engine is for fixed outputs")
        self._shape, self._output_shapes = shape, shapes

    def size_max(self, name: str) -> int:
        """Bytes of an output at the largest input."""
        return int(self._context.get_max_output_size(name))

    def set_addresses(self) -> None:
        for name, block in self._desk.blocks.items():
            if not self._context.set_tensor_address(name, block.device):
                raise EngineError(f"TensorRT does not take memory for {name}: {self._desk.remark()}")

    def run(self) -> list[NDArray[Any]]:
        """With what lies in the input's block, to the end; what came of it."""
        if self._graph is None:
            self._enqueue()
        else:
            self._desk.memory.launch(self._graph, self._desk.stream)
        self._desk.memory.wait(self._desk.stream)
        return [
            self._desk.blocks[one.name].view(shape, one.dtype).copy()
            for one, shape in zip(self._desk.given, self._output_shapes, strict=True)
        ]

    def capture(self) -> None:
        self.run()
        self._graph = self._desk.memory.graph_of(self._desk.stream, self._enqueue)

    def close(self) -> None:
        if self._graph is not None:
            self._desk.memory.drop(self._graph)
        self._graph = self._context = None

    def _enqueue(self) -> None:
        desk = self._desk
        assert self._shape is not None
        desk.memory.to_device(desk.blocks[desk.taken.name], _bytes(self._shape, desk.taken.dtype), desk.stream)
        if not self._context.execute_async_v3(int(desk.stream)):
            raise EngineError(f"TensorRT cannot run this input: {desk.remark()}")
        for one, shape in zip(desk.given, self._output_shapes, strict=True):
            desk.memory.to_host(desk.blocks[one.name], _bytes(shape, one.dtype), desk.stream)


class Graphs:
    """Lanes with a graph, for shapes that come again and again. make_context: another execution context. Where the
    network cannot be captured there are none, said once in the log.
    """

    def __init__(self, make_context: Callable[[], Any], desk: Desk) -> None:
        self._make_context = make_context
        self._desk = desk
        self._runs = Counter[Shape]()
        self.lanes = OrderedDict[Shape, Lane]()
        self.refusal: str | None = None

    def lane(self, shape: Shape) -> Lane | None:
        """None while, and where, the shape runs without a graph."""
        if (known := self.lanes.get(shape)) is not None:
            self.lanes.move_to_end(shape)
            return known
        if self.refusal is not None or not self._is_frequent(shape):
            return None
        if len(self.lanes) >= GRAPHS_MAX:
            self.lanes.popitem(last=False)[1].close()
        try:
            lane = Lane(self._make_context(), self._desk)
            lane.set_addresses()
            lane.set_shape(shape)
            lane.capture()
        except EngineError as error:
            self.refusal = str(error)
            LOG.warning("TensorRT runs without CUDA graphs: %s", error)
            return None
        self.lanes[shape] = lane
        return lane

    def _is_frequent(self, shape: Shape) -> bool:
        if len(self._runs) >= SHAPES_COUNTED_MAX and shape not in self._runs:
            self._runs.clear()
        self._runs[shape] += 1
        return self._runs[shape] >= RUNS_BEFORE_CAPTURE


def _bytes(shape: Shape, dtype: str) -> int:
    return int(np.prod(shape)) * np.dtype(dtype).itemsize
