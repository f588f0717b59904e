"""From ONNX to a plan of this machine, and what TensorRT says meanwhile."""

import functools
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.durable_file import write_durably
from models.engine.tensorrt_plan import Extent
from models.errors import EngineError

WORKSPACE_BYTES_MAX = 1 << 30
TIMINGS_BYTES_MAX = 256 * 2**20
REMARKS_MAX = 4  # of TensorRT's, kept for the line in which an error is said
LINE_CHARACTERS_MAX = 300


@dataclass(frozen=True, slots=True)
class Said:
    """logger: for whatever TensorRT makes, which it has to outlive. remarks: errors and warnings, the newest last."""

    logger: Any
    remarks: deque[str]

    def last(self) -> str:
        return one_line("; ".join(self.remarks)) or "it does not say why"


@functools.cache
def said_of(trt: Any) -> Said:
    """One for the process: TensorRT keeps to the first logger that it was given while anything of it lives."""
    remarks: deque[str] = deque(maxlen=REMARKS_MAX)

    class Remarks(trt.ILogger):  # type: ignore[misc]
        """Prints nothing."""

        def __init__(self) -> None:
            trt.ILogger.__init__(self)

        def log(self, severity: Any, message: str) -> None:
            if int(severity) <= int(trt.ILogger.WARNING):  # the enumeration has no order of its own
                remarks.append(message)

    return Said(Remarks(), remarks)


def made(kind: Any, said: Said) -> Any:
    """A Runtime or a Builder. Raises EngineError."""
    try:
        return kind(said.logger)
    except TypeError as error:  # so the binding says that the library gave nothing, as without a driver that it knows
        raise EngineError(f"TensorRT does not start: {said.last()}; check the driver with nvidia-smi") from error


def build_plan(trt: Any, said: Said, weights: bytes, extent: Extent, folder: Path) -> bytes:
    """folder: of the kernels' timings, which make the next building shorter. Raises EngineError."""
    builder = made(trt.Builder, said)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, said.logger)
    if not parser.parse(weights):
        why = parser.get_error(0).desc() if parser.num_errors else said.last()
        raise EngineError(f"TensorRT cannot read these weights: {one_line(why)}")
    if network.num_inputs != 1:
        raise EngineError(f"{network.num_inputs} inputs; this engine is for networks with one")
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE_BYTES_MAX)
    profile = builder.create_optimization_profile()
    try:
        profile.set_shape(network.get_input(0).name, extent.least, extent.usual, extent.most)
    except ValueError as error:
        raise EngineError(f"TensorRT does not take these sizes: {one_line(str(error))}") from error
    config.add_optimization_profile(profile)
    timings = folder / f"tensorrt-{trt.__version__}.timings"
    cache = _with_timings(config, _read(timings))  # noqa: F841 - it has to live as long as the building
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise EngineError(f"TensorRT cannot build this network: {said.last()}")
    if (learned := config.get_timing_cache()) is not None:
        _keep(timings, bytes(learned.serialize()))
    return bytes(plan)


def one_line(text: str) -> str:
    return " ".join(text.split())[:LINE_CHARACTERS_MAX]


def _with_timings(config: Any, kept: bytes) -> Any:
    """The cache that config now has: an empty one where this one is damaged, or of another card or version."""
    cache = config.create_timing_cache(kept)
    if cache is not None and config.set_timing_cache(cache, ignore_mismatch=False):
        return cache
    cache = config.create_timing_cache(b"")
    config.set_timing_cache(cache, ignore_mismatch=False)
    return cache


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
