"""The port for whatever executes a network."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output of a network. shape: None where the network takes any size."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str  # numpy's name, e.g. `float32`


class Engine(ABC):
    """A loaded network on one device. Not for more threads at once than it has lanes: one engine, one scheduler."""

    name: str  # runtime and device, e.g. `onnxruntime-cpu`: what incident reports state
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    lanes: int = 1

    @abstractmethod
    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """One array per input by name -> one array per output, in their order.

        Raises EngineError when names, types or shapes are not what the network takes, or the device fails.
        """


class Binding(ABC):
    """Where a network reads its inputs and writes its outputs, said once and kept from run to run: nothing is
    allocated, copied or converted per run that need not be. All methods raise EngineError for what the network does not
    take.
    """

    @abstractmethod
    def feed(self, name: str, array: NDArray[Any]) -> None:
        """An input is read from this C-contiguous array at every run; what it holds may be changed in between."""

    @abstractmethod
    def feeds(self, name: str, array: NDArray[Any]) -> Callable[[], None]:
        """As `feed`, every time that what it returns is called: for arrays that take turns in one input, each looked at
        once.
        """

    @abstractmethod
    def fetch(self, name: str, array: NDArray[Any]) -> None:
        """An output is written into this C-contiguous array, which has its shape and type."""

    @abstractmethod
    def share(self, source: str, target: str, shape: tuple[int, ...]) -> None:
        """One block of zeros on the engine's device is input `source` and output `target` from now on."""

    @abstractmethod
    def run(self) -> None:
        """Every input must have been fed or shared, every output fetched or shared."""


class BindingEngine(Engine):
    """An engine that can also run with its memory bound."""

    @abstractmethod
    def bind(self) -> Binding:
        """A new, empty binding."""
