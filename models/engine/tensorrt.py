"""TensorRT without another runtime in between: built on the box from ONNX, kept as a plan, fed from pinned memory.

Networks are strongly typed (the only kind from TensorRT 11 on): float16 and int8 are what the ONNX file says, no flag.
"""

import weakref
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.durable_file import write_durably
from models.engine.cuda_memory import Block, CudaMemory
from models.engine.engine import Engine, Tensor
from models.engine.feeds import check_feeds
from models.engine.machine import Machine
from models.engine.tensorrt_plan import Extent, load_or_build, plan_key
from models.errors import EngineError

WORKSPACE_BYTES_MAX = 1 << 30
TIMINGS_BYTES_MAX = 256 * 2**20
REMARKS_MAX = 4  # of TensorRT's, kept for the line in which an error is said
LINE_CHARACTERS_MAX = 300


class TensorRtEngine(Engine):
    """weights: the bytes of a self-contained ONNX file with one input, a batch of pictures. extent: of that input.
    folder: of plans and timings. machine: this one.

    Raises EngineError.
    """

    name = "tensorrt-cuda"

    def __init__(self, weights: bytes, extent: Extent, folder: Path, machine: Machine) -> None:
        trt, runtime = _libraries()
        self._memory = CudaMemory(runtime)
        self._extent = extent
        self._remarks: deque[str] = deque(maxlen=REMARKS_MAX)
        self._logger = _logger(trt, self._remarks)
        self._runtime = trt.Runtime(self._logger)
        key = plan_key(weights, extent, machine, trt.__version__)
        load = self._runtime.deserialize_cuda_engine
        self._engine: Any = load_or_build(folder, key, load, lambda: self._build(trt, weights, folder))
        if self._engine is None:
            raise EngineError(f"TensorRT does not load what it built: {self._remark()}")
        self._context = self._engine.create_execution_context()
        if self._context is None:
            raise EngineError(f"TensorRT has no room for this network: {self._remark()}")
        self.inputs, self.outputs = _tensors(trt, self._engine)
        self._stream = self._memory.stream()
        self._blocks: dict[str, Block] = {}
        self._release = weakref.finalize(self, _free, self._memory, self._stream, self._blocks)
        self._set_aside()

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        check_feeds(self.inputs, feeds)
        ((name, given),) = feeds.items()
        if not self._extent.holds(given.shape):
            raise EngineError(f"{name}: shape {given.shape}; built for {self._extent.least} to {self._extent.most}")
        self._set_shape(name, given.shape)
        self._blocks[name].view(given.shape, given.dtype)[...] = given
        self._memory.to_device(self._blocks[name], given.nbytes, self._stream)
        if not self._context.execute_async_v3(self._stream):
            raise EngineError(f"TensorRT cannot run this input: {self._remark()}")
        views = []
        for one in self.outputs:
            block = self._blocks[one.name]
            view = block.view(tuple(self._context.get_tensor_shape(one.name)), one.dtype)
            self._memory.to_host(block, view.nbytes, self._stream)
            views.append(view)
        self._memory.wait(self._stream)
        return [view.copy() for view in views]

    def _build(self, trt: Any, weights: bytes, folder: Path) -> bytes:
        builder = trt.Builder(self._logger)
        network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
        parser = trt.OnnxParser(network, self._logger)
        if not parser.parse(weights):
            said = parser.get_error(0).desc() if parser.num_errors else self._remark()
            raise EngineError(f"TensorRT cannot read these weights: {_one_line(said)}")
        if network.num_inputs != 1:
            raise EngineError(f"{network.num_inputs} inputs; this engine is for networks with one")
        config = builder.create_builder_config()
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE_BYTES_MAX)
        profile = builder.create_optimization_profile()
        extent = self._extent
        profile.set_shape(network.get_input(0).name, extent.least, extent.usual, extent.most)
        config.add_optimization_profile(profile)
        timings = folder / f"tensorrt-{trt.__version__}.timings"
        cache = config.create_timing_cache(_read(timings)) or config.create_timing_cache(b"")
        config.set_timing_cache(cache, ignore_mismatch=False)
        plan = builder.build_serialized_network(network, config)
        if plan is None:
            raise EngineError(f"TensorRT cannot build this network: {self._remark()}")
        _keep(timings, bytes(config.get_timing_cache().serialize()))
        return bytes(plan)

    def _set_aside(self) -> None:
        """Memory for the largest input and what comes of it."""
        (taken,) = self.inputs
        self._set_shape(taken.name, self._extent.most)
        sizes = {taken.name: int(np.prod(self._extent.most)) * np.dtype(taken.dtype).itemsize}
        sizes |= {one.name: int(self._context.get_max_output_size(one.name)) for one in self.outputs}
        for name, size in sizes.items():
            block = self._blocks[name] = self._memory.block(size)
            self._context.set_tensor_address(name, block.device)

    def _set_shape(self, name: str, shape: tuple[int, ...]) -> None:
        try:
            fits = self._context.set_input_shape(name, shape) and not self._context.infer_shapes()
        except RuntimeError as error:
            raise EngineError(f"TensorRT does not take {name} {shape}: {_one_line(str(error))}") from error
        if not fits:
            raise EngineError(f"TensorRT does not take {name} {shape}: {self._remark()}")

    def _remark(self) -> str:
        return _one_line("; ".join(self._remarks)) or "it does not say why"


def _libraries() -> tuple[Any, Any]:
    """TensorRT and CUDA's runtime. Raises EngineError, one line with what to install."""
    try:
        import tensorrt
    except (ImportError, OSError) as error:  # OSError: its own libraries are not where it looks
        raise EngineError(
            f"tensorrt cannot be imported ({_one_line(str(error))}); on a Jetson it comes with JetPack, elsewhere "
            "install xunjian[jetson] and NVIDIA's TensorRT libraries, or set the device to cpu"
        ) from error
    try:
        from cuda.bindings import runtime
    except (ImportError, OSError) as error:
        raise EngineError(
            f"cuda-bindings cannot be imported ({_one_line(str(error))}); install the version of the driver's CUDA, "
            "as in pip install 'cuda-bindings==12.*', or set the device to cpu"
        ) from error
    return tensorrt, runtime


def _logger(trt: Any, remarks: deque[str]) -> Any:
    class Remarks(trt.ILogger):  # type: ignore[misc]
        """Keeps errors and warnings for whoever has to say what went wrong; prints nothing."""

        def __init__(self) -> None:
            trt.ILogger.__init__(self)

        def log(self, severity: Any, message: str) -> None:
            if int(severity) <= int(trt.ILogger.WARNING):  # the enumeration has no order of its own
                remarks.append(message)

    return Remarks()


def _tensors(trt: Any, engine: Any) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Inputs and outputs."""
    tensors: dict[bool, list[Tensor]] = {True: [], False: []}
    for index in range(engine.num_io_tensors):
        name = engine.get_tensor_name(index)
        shape = tuple(None if side < 0 else int(side) for side in engine.get_tensor_shape(name))
        dtype = np.dtype(trt.nptype(engine.get_tensor_dtype(name))).name
        tensors[engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT].append(Tensor(name, shape, dtype))
    return tuple(tensors[True]), tuple(tensors[False])


def _free(memory: CudaMemory, stream: Any, blocks: Mapping[str, Block]) -> None:
    memory.free(stream, tuple(blocks.values()))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(TIMINGS_BYTES_MAX)
    except OSError:
        return b""


def _keep(path: Path, timings: bytes) -> None:
    """They only save time: that they cannot be kept is no reason to go without the engine."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(path, timings)
    except OSError:
        return


def _one_line(text: str) -> str:
    return " ".join(text.split())[:LINE_CHARACTERS_MAX]
