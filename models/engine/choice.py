"""Which engine: a runtime's device, and the numbers that the network is in."""

from dataclasses import dataclass
from typing import Literal, get_args

from models.card import Precision
from models.errors import EngineError

Device = Literal["cpu", "cuda", "tensorrt", "tensorrt-native", "tensorrt-graph"]
DEVICES: tuple[Device, ...] = get_args(Device)
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


@dataclass(frozen=True, slots=True)
class Choice:
    """device: `cpu`, `cuda` and `tensorrt` are ONNX Runtime's providers, `tensorrt-native` is TensorRT without it,
    `tensorrt-graph` the same replayed as CUDA graphs. precision: None: as the package's weights are.
    """

    device: Device = "cpu"
    precision: Precision | None = None

    @classmethod
    def parse(cls, text: str) -> "Choice":
        """`onnx` is ONNX Runtime on the CPU with the package's weights; else a device, a precision, or
        `DEVICE:PRECISION`. Raises EngineError.
        """
        if text == "onnx":
            return cls()
        first, colon, second = text.partition(":")
        device = next((one for one in DEVICES if one == first), None)
        precision = next((one for one in PRECISIONS if one == (second if device else text)), None)
        if (device is None and precision is None) or (colon and precision is None):
            raise EngineError(
                f"engine {text!r} is unknown; give onnx, a device ({', '.join(DEVICES)}), a precision "
                f"({', '.join(PRECISIONS)}), or both as in cuda:fp16"
            )
        return cls(device or "cpu", precision)

    @property
    def on_cpu(self) -> bool:
        return self.device == "cpu"

    def __str__(self) -> str:
        return f"{self.device}:{self.precision}" if self.precision else self.device
