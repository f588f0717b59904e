"""Engines by choice: the one place that names the adapters."""

from dataclasses import dataclass
from pathlib import Path

from models.engine.choice import Choice
from models.engine.engine import Engine
from models.engine.machine import Machine
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.engine.tensorrt import TensorRtEngine
from models.engine.tensorrt_plan import Extent, plan_key
from models.errors import EngineError
from models.package import Package

BATCH_MAX = 4  # pictures of several cameras that a GPU takes at once; a CPU gains nothing by it


def batch_max(choice: Choice) -> int:
    return 1 if choice.on_cpu else BATCH_MAX


@dataclass(frozen=True, slots=True)
class Opener:
    """threads: of the CPU. size_px: the longer side that a network will be asked for at most. folder: of what is built
    on this machine and kept.
    """

    threads: int
    size_px: int
    folder: Path
    machine: Machine

    def open(self, choice: Choice, package: Package) -> Engine:
        """Runs the weights of a detector's package as they are: `choice.precision` chose the package. Raises
        EngineError, PackageError.
        """
        weights = package.read_weights()
        if choice.device == "cpu":
            return OnnxRuntimeEngine(weights, ("cpu",), self.threads)
        extent = Extent.of(package.card.input, self.size_px, batch_max(choice))
        if choice.device == "tensorrt-native":
            return TensorRtEngine(weights, extent, self.folder, self.machine)
        if choice.device == "tensorrt":
            return OnnxRuntimeEngine(weights, ("tensorrt", "cuda"), self.threads, self._provider(weights, extent))
        return OnnxRuntimeEngine(weights, ("cuda",), self.threads)

    def _provider(self, weights: bytes, extent: Extent) -> dict[str, str]:
        """What ONNX Runtime's TensorRT provider needs so as to build once, and for every size. Raises EngineError."""
        kept = self.folder / plan_key(weights, extent, self.machine, " ".join(self.machine.runtimes))
        try:
            kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise EngineError(f"{kept}: cannot be made ({error.strerror}); set XUNJIAN_ENGINES") from error
        name = OnnxRuntimeEngine(weights, threads=1).inputs[0].name
        shapes = {"min": extent.least, "opt": extent.usual, "max": extent.most}
        return {
            "trt_engine_cache_enable": "1",
            "trt_engine_cache_path": str(kept),
            "trt_timing_cache_enable": "1",
            "trt_timing_cache_path": str(kept),
        } | {f"trt_profile_{which}_shapes": f"{name}:{'x'.join(map(str, shape))}" for which, shape in shapes.items()}
