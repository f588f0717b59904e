"""TensorRT without another runtime in between: built on the box from ONNX, kept as a plan, fed from pinned memory.

Networks are strongly typed (the only kind from TensorRT 11 on): float16 and int8 are what the ONNX file says, no flag.
"""

import weakref
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.engine.cuda_memory import Block, CudaMemory
from models.engine.engine import Engine, Tensor
from models.engine.feeds import check_feeds
from models.engine.machine import Machine
from models.engine.tensorrt_build import build_plan, made, one_line, said_of
from models.engine.tensorrt_lane import Desk, Graphs, Lane
from models.engine.tensorrt_plan import Extent, load_or_build, plan_key
from models.errors import EngineError


class TensorRtEngine(Engine):
    """weights: the bytes of a self-contained ONNX file with one input, a batch of pictures. extent: of that input.
    folder: of plans and timings. machine: this one. graphs: shapes that come again and again are replayed as CUDA
    graphs.

    Raises EngineError.
    """

    name = "tensorrt-cuda"

    def __init__(self, weights: bytes, extent: Extent, folder: Path, machine: Machine, *, graphs: bool = False) -> None:
        trt, runtime = _libraries()
        self._memory = CudaMemory(runtime)
        self._extent = extent
        self._said = said_of(trt)
        self._runtime = made(trt.Runtime, self._said)
        key = plan_key(weights, extent, machine, trt.__version__)
        load = self._runtime.deserialize_cuda_engine
        build = partial(build_plan, trt, self._said, weights, extent, folder)
        self._engine: Any = load_or_build(folder, key, load, build)
        if self._engine is None:
            raise EngineError(f"TensorRT does not load what it built: {self._said.last()}")
        self.inputs, self.outputs = _tensors(trt, self._engine)
        self._blocks: dict[str, Block] = {}
        stream = self._memory.stream()
        self._desk = Desk(self._memory, stream, self._blocks, self.inputs[0], self.outputs, self._said.last)
        self._graphs = Graphs(lambda: self._shared_context(trt), self._desk) if graphs else None
        lanes = self._graphs.lanes if self._graphs else {}
        self._between = list[Block]()
        self._release = weakref.finalize(self, _free, self._memory, stream, self._blocks, lanes, self._between)
        self._lane = Lane(self._context(), self._desk)
        self._set_aside()

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        check_feeds(self.inputs, feeds)
        ((name, given),) = feeds.items()
        if not self._extent.holds(given.shape):
            raise EngineError(f"{name}: shape {given.shape}; built for {self._extent.least} to {self._extent.most}")
        self._blocks[name].view(given.shape, given.dtype)[...] = given
        lane = self._graphs.lane(given.shape) if self._graphs else None
        if lane is None:
            lane = self._lane
            lane.set_shape(given.shape)
        return lane.run()

    @property
    def graphs_held(self) -> int:
        """Shapes that are replayed."""
        return len(self._graphs.lanes) if self._graphs else 0

    def _context(self, *strategy: Any) -> Any:
        context = self._engine.create_execution_context(*strategy)
        if context is None:
            raise EngineError(f"TensorRT has no room for this network: {self._said.last()}")
        return context

    def _shared_context(self, trt: Any) -> Any:
        """Another one, in the memory between the layers that all of its kind share."""
        context = self._context(trt.ExecutionContextAllocationStrategy.USER_MANAGED)
        size = int(self._engine.device_memory_size_v2)
        if size:
            if not self._between:
                self._between.append(self._memory.device_block(size))
            context.set_device_memory(self._between[0].device, size)
        return context

    def _set_aside(self) -> None:
        """Memory for the largest input and what comes of it."""
        (taken,) = self.inputs
        self._lane.set_shape(self._extent.most)
        sizes = {taken.name: int(np.prod(self._extent.most)) * np.dtype(taken.dtype).itemsize}
        sizes |= {one.name: self._lane.size_max(one.name) for one in self.outputs}
        for name, size in sizes.items():
            self._blocks[name] = self._memory.block(size)
        self._lane.set_addresses()


def _libraries() -> tuple[Any, Any]:
    """TensorRT and CUDA's runtime. Raises EngineError, one line with what to install."""
    try:
        import tensorrt
    except (ImportError, OSError) as error:  # OSError: its own libraries are not where it looks
        raise EngineError(
            f"tensorrt cannot be imported ({one_line(str(error))}); install TensorRT and its Python bindings for this "
            "Python as in docs/engines.md, or set the device to cpu"
        ) from error
    try:
        from cuda.bindings import runtime
    except (ImportError, OSError) as error:
        raise EngineError(
            f"cuda-bindings cannot be imported ({one_line(str(error))}); install the version of the driver's CUDA, "
            "as in pip install 'cuda-bindings==12.*', or set the device to cpu"
        ) from error
    return tensorrt, runtime


def _tensors(trt: Any, engine: Any) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Inputs, of which there is one, and outputs."""
    tensors: dict[bool, list[Tensor]] = {True: [], False: []}
    for index in range(engine.num_io_tensors):
        name = engine.get_tensor_name(index)
        if engine.get_tensor_location(name) != trt.TensorLocation.DEVICE:
            raise EngineError(f"{name} is a shape, not a picture or what is seen in one")
        try:
            dtype = np.dtype(trt.nptype(engine.get_tensor_dtype(name))).name
        except TypeError as error:
            raise EngineError(f"{name} is in numbers that numpy has not got; give it float32 outside") from error
        shape = tuple(None if side < 0 else int(side) for side in engine.get_tensor_shape(name))
        tensors[engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT].append(Tensor(name, shape, dtype))
    if len(tensors[True]) != 1:
        raise EngineError(f"{len(tensors[True])} inputs; this engine is for networks with one")
    return tuple(tensors[True]), tuple(tensors[False])


def _free(
    memory: CudaMemory, stream: Any, blocks: Mapping[str, Block], lanes: Mapping[Any, Lane], between: list[Block]
) -> None:
    for lane in lanes.values():
        lane.close()
    memory.free(stream, (*blocks.values(), *between))
