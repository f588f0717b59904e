"""Engines by choice: the one place that names the adapters."""

from dataclasses import dataclass
from pathlib import Path

from models.card import Precision
from models.engine.choice import Choice
from models.engine.engine import Engine
from models.engine.machine import Machine
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.engine.tensorrt import TensorRtEngine
from models.engine.tensorrt_plan import Extent, plan_key, provider_options
from models.errors import EngineError
from models.package import Package

BATCH_MAX = 4  # pictures of several cameras that a GPU takes at once; a CPU gains nothing by it


def batch_max(choice: Choice) -> int:
    return 1 if choice.on_cpu else BATCH_MAX


@dataclass(frozen=True, slots=True)
class Opener:
    """threads: of the CPU. size_px: the longer side that a network will be asked for at most. folder: of what is built
    on this machine and kept. lanes: runs at once on the CPU, which share its threads; a GPU takes one after the other.
    """

    threads: int
    size_px: int
    folder: Path
    machine: Machine
    lanes: int = 1

    def open(self, choice: Choice, package: Package) -> Engine:
        """Runs the weights of a detector's package as they are: `choice.precision` chose the package. Raises
        EngineError, PackageError.
        """
        weights = package.read_weights()
        if choice.device == "cpu":
            return OnnxRuntimeEngine(weights, ("cpu",), self.threads, lanes=self.lanes)
        if choice.device == "cuda":
            return OnnxRuntimeEngine(weights, ("cuda",), self.threads)
        taken = OnnxRuntimeEngine(weights, threads=1).inputs[0]
        extent = Extent.of(package.card.input, self.size_px, batch_max(choice)).fitted(taken.shape)
        if choice.device == "tensorrt":
            options = self._provider(weights, taken.name, extent, package.card.precision)
            return OnnxRuntimeEngine(weights, ("tensorrt", "cuda"), self.threads, options)
        return TensorRtEngine(weights, extent, self.folder, self.machine, graphs=choice.device == "tensorrt-graph")

    def _provider(self, weights: bytes, name: str, extent: Extent, precision: Precision) -> dict[str, str]:
        """name: of the input. Raises EngineError."""
        kept = self.folder / plan_key(weights, extent, self.machine, " ".join(self.machine.runtimes))
        try:
            kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise EngineError(f"{kept}: cannot be made ({error.strerror}); set XUNJIAN_ENGINES") from error
        return provider_options(name, extent, kept, precision)
