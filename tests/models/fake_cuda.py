"""CUDA's runtime as far as our adapter uses it, in the memory of this process, as cuda-bindings 12.9 has it."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from types import SimpleNamespace
from typing import Any

import numpy as np

ROWS = 4
NAMES = ("images", "rows")
Shape = tuple[int, ...]


@dataclass
class Card:
    """The machine, and how it is to misbehave."""

    name: str = "card one"
    shapes: tuple[Shape, ...] = ()  # least, usual and most of the newest network
    starts: bool = True
    captures: bool = True
    addresses: bool = True
    output: str = "float32"
    rows: int = ROWS  # -1: as many as are seen
    inputs: int = 1
    built: int = 0
    timings_taken: int = 0
    enqueued: int = 0
    launched: int = 0
    memory: dict[int, Any] = field(default_factory=dict)
    streams: set[int] = field(default_factory=set)
    graphs: set[int] = field(default_factory=set)
    noted: list[Callable[[], object]] | None = None  # while a stream is captured
    spoilt: bool = False

    def allocate(self, size: int) -> int:
        block = (ctypes.c_byte * size)()
        self.memory[ctypes.addressof(block)] = block
        return ctypes.addressof(block)

    def at(self, address: int, shape: Shape) -> np.ndarray:
        count = int(np.prod(shape))
        assert count * 4 <= len(self.memory[address]), "written beyond what was allocated"
        return np.frombuffer(self.memory[address], np.float32, count).reshape(shape)

    def do(self, work: Callable[[], object]) -> None:
        """Now, or when the graph is launched."""
        work() if self.noted is None else self.noted.append(work)


class Error(IntEnum):
    cudaSuccess = 0  # noqa: N815 - CUDA's own name
    cudaErrorStreamCaptureInvalidated = 901  # noqa: N815


OK = Error.cudaSuccess


class Runtime:
    """`cuda.bindings.runtime`."""

    cudaError_t = Error  # noqa: N815 - CUDA's own names, here and below
    cudaStreamNonBlocking = 1  # noqa: N815
    cudaStreamCaptureMode = SimpleNamespace(cudaStreamCaptureModeThreadLocal="thread local")  # noqa: N815
    cudaMemcpyKind = SimpleNamespace(cudaMemcpyHostToDevice="to device", cudaMemcpyDeviceToHost="to host")  # noqa: N815

    def __init__(self, card: Card) -> None:
        self._card = card
        self.cudaMallocHost, self.cudaFreeHost = self.cudaMalloc, self.cudaFree

    def cudaGetDeviceCount(self) -> tuple[Error, int]:
        return (OK, 1)

    def cudaGetErrorString(self, error: Error) -> tuple[Error, bytes]:
        return (OK, error.name.encode())

    def cudaGetLastError(self) -> tuple[Error]:
        return (OK,)

    def cudaStreamCreateWithFlags(self, flags: int) -> tuple[Error, int]:
        self._card.streams.add(len(self._card.streams) + 1)
        return (OK, max(self._card.streams))

    def cudaStreamDestroy(self, stream: int) -> tuple[Error]:
        self._card.streams.discard(stream)
        return (OK,)

    def cudaStreamSynchronize(self, stream: int) -> tuple[Error]:
        return (OK,)

    def cudaMalloc(self, size: int) -> tuple[Error, int]:
        return (OK, self._card.allocate(size))

    def cudaFree(self, address: int) -> tuple[Error]:
        del self._card.memory[address]
        return (OK,)

    def cudaMemcpyAsync(self, to: int, source: int, size: int, kind: object, stream: int) -> tuple[Error]:
        assert stream in self._card.streams
        assert kind in {"to device", "to host"}
        self._card.do(lambda: ctypes.memmove(to, source, size))
        return (OK,)

    def cudaStreamBeginCapture(self, stream: int, mode: object) -> tuple[Error]:
        assert mode == "thread local"
        self._card.noted, self._card.spoilt = [], False
        return (OK,)

    def cudaStreamEndCapture(self, stream: int) -> tuple[Error, Any]:
        noted, self._card.noted = self._card.noted, None
        return (Error.cudaErrorStreamCaptureInvalidated, None) if self._card.spoilt else (OK, noted)

    def cudaGraphInstantiate(self, graph: Any, flags: int) -> tuple[Error, Any]:
        self._card.graphs.add(id(graph))
        return (OK, graph)

    def cudaGraphLaunch(self, graph: Any, stream: int) -> tuple[Error]:
        self._card.launched += 1
        for work in graph:
            work()
        return (OK,)

    def cudaGraphDestroy(self, graph: Any) -> tuple[Error]:
        return (OK,)

    def cudaGraphExecDestroy(self, graph: Any) -> tuple[Error]:
        self._card.graphs.discard(id(graph))
        return (OK,)
