"""The port for whatever executes a network."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
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
    """A loaded network on one device. Not for several threads at once: one engine, one scheduler."""

    name: str  # runtime and device, e.g. `onnxruntime-cpu`: what incident reports state
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @abstractmethod
    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """One array per input by name -> one array per output, in their order.

        Raises EngineError when names, types or shapes are not what the network takes, or the device fails.
        """
