"""Pinned memory of the host, memory of the card, and what goes between them, through NVIDIA's own Python binding."""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from models.errors import EngineError

ADVICE = "check the driver with nvidia-smi, and that cuda-bindings is of its CUDA, or set the device to cpu"


@dataclass(frozen=True, slots=True)
class Block:
    """size: bytes, on either side. host, device: addresses; host is 0 for memory of the card alone."""

    host: int
    device: int
    size: int

    def view(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """The host's side; it is written over by the next run. Raises EngineError for more than there is."""
        count = int(np.prod(shape))
        if count * np.dtype(dtype).itemsize > self.size:
            raise EngineError(f"shape {shape} needs more than the {self.size} bytes that were set aside")
        memory = memoryview((ctypes.c_byte * self.size).from_address(self.host))
        view: NDArray[Any] = np.frombuffer(memory, dtype, count).reshape(shape)
        return view


class CudaMemory:
    """runtime: the module `cuda.bindings.runtime`. Everything here raises EngineError."""

    def __init__(self, runtime: Any) -> None:
        self._runtime = runtime
        try:
            count = self._call("cudaGetDeviceCount")
        except EngineError as error:
            raise EngineError(f"CUDA finds no GPU ({error}); {ADVICE}") from error
        if not count:
            raise EngineError(f"CUDA finds no GPU; {ADVICE}")

    def stream(self) -> Any:
        return self._call("cudaStreamCreateWithFlags", self._runtime.cudaStreamNonBlocking)

    def block(self, size: int) -> Block:
        if size <= 0:
            raise EngineError("an output has no upper size; this engine is for networks whose outputs have one")
        host = self._call("cudaMallocHost", size)
        try:
            return Block(int(host), int(self._call("cudaMalloc", size)), size)
        except EngineError:
            self._call("cudaFreeHost", host)
            raise

    def device_block(self, size: int) -> Block:
        return Block(0, int(self._call("cudaMalloc", size)), size)

    def to_device(self, block: Block, size: int, stream: Any) -> None:
        kind = self._runtime.cudaMemcpyKind.cudaMemcpyHostToDevice
        self._call("cudaMemcpyAsync", block.device, block.host, size, kind, stream)

    def to_host(self, block: Block, size: int, stream: Any) -> None:
        kind = self._runtime.cudaMemcpyKind.cudaMemcpyDeviceToHost
        self._call("cudaMemcpyAsync", block.host, block.device, size, kind, stream)

    def wait(self, stream: Any) -> None:
        self._call("cudaStreamSynchronize", stream)

    def free(self, stream: Any, blocks: Sequence[Block]) -> None:
        """Errors are of no use any more: what cannot be freed goes with the process."""
        for block in blocks:
            self._runtime.cudaFree(block.device)
            if block.host:
                self._runtime.cudaFreeHost(block.host)
        self._runtime.cudaStreamDestroy(stream)

    def graph_of(self, stream: Any, work: Callable[[], None]) -> Any:
        """What `work` puts on the stream, to be launched again and again; now it is only noted, not done. The stream is
        as before, whatever happens.
        """
        mode = self._runtime.cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal  # others may go on meanwhile
        self._call("cudaStreamBeginCapture", stream, mode)
        try:
            work()
        except EngineError:
            self._give_up_capture(stream)
            raise
        graph = self._call("cudaStreamEndCapture", stream)
        try:
            return self._call("cudaGraphInstantiate", graph, 0)
        finally:
            self._runtime.cudaGraphDestroy(graph)

    def launch(self, graph: Any, stream: Any) -> None:
        self._call("cudaGraphLaunch", graph, stream)

    def drop(self, graph: Any) -> None:
        self._runtime.cudaGraphExecDestroy(graph)

    def _give_up_capture(self, stream: Any) -> None:
        error, graph = self._runtime.cudaStreamEndCapture(stream)
        if error == self._runtime.cudaError_t.cudaSuccess:
            self._runtime.cudaGraphDestroy(graph)

    def _call(self, name: str, *arguments: Any) -> Any:
        error, *values = getattr(self._runtime, name)(*arguments)
        if error != self._runtime.cudaError_t.cudaSuccess:
            self._runtime.cudaGetLastError()  # forgets it: TensorRT would take it for one of its own
            _, said = self._runtime.cudaGetErrorString(error)
            text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
            raise EngineError(f"{name}: {text}")
        return values[0] if values else None
