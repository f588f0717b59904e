"""ONNX Runtime: CPU, CUDA and TensorRT providers, by configuration."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.engine.engine import Binding, BindingEngine, Tensor
from models.errors import EngineError

Device = Literal["cpu", "cuda", "tensorrt"]
Options = Mapping[str, str]  # of a provider, in its own words

PROVIDERS: dict[str, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
THREADS_MAX = 256  # each is made at once; thousands of them hang a machine
DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
}


class OnnxRuntimeEngine(BindingEngine):
    """weights: the bytes of a self-contained ONNX file. devices: in order of preference, all of which must come up;
    nodes that one does not support go to the next, and to the CPU last. threads: of the CPU, shared out to `lanes` runs
    at once. options: of the first device.

    Raises EngineError.
    """

    def __init__(
        self,
        weights: bytes,
        devices: Sequence[Device] = ("cpu",),
        threads: int = 2,
        options: Options | None = None,
        *,
        lanes: int = 1,
    ) -> None:
        try:
            import onnxruntime  # here, so that a box without it can say what to install
        except ImportError as error:
            raise EngineError("onnxruntime is not installed; install xunjian[cpu] or xunjian[gpu]") from error
        self._errors = _errors(onnxruntime.capi.onnxruntime_pybind11_state)
        if not 1 <= threads <= THREADS_MAX:
            raise EngineError(f"{threads} threads; give 1 to {THREADS_MAX}")
        providers = _providers(devices, onnxruntime.get_available_providers())
        session = onnxruntime.SessionOptions()
        session.intra_op_num_threads = max(1, threads // lanes)
        session.inter_op_num_threads = 1
        # Idle threads that spin take the cores that decoding and tracking need: on two busy cores a run then took twice
        # as long and twice the CPU (docs/benchmarks.md).
        session.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # What goes wrong is raised; only why a GPU does not come up is said in the log alone.
        session.log_severity_level = 4 if tuple(devices) == ("cpu",) else 3
        try:
            chosen = [dict(options or {}), *({} for _ in providers[1:])]
            self._session = onnxruntime.InferenceSession(weights, session, providers, chosen)
        except self._errors as error:
            raise EngineError(f"onnxruntime cannot load these weights: {_one_line(error)}") from error
        refuse_silent_fallback(providers, self._session.get_providers())
        self.name = f"onnxruntime-{devices[0]}"
        self.lanes = lanes
        self.inputs = tuple(map(_tensor, self._session.get_inputs()))
        self.outputs = tuple(map(_tensor, self._session.get_outputs()))

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        try:
            outputs: list[NDArray[Any]] = self._session.run(None, dict(feeds))
        except self._errors as error:
            raise EngineError(f"onnxruntime cannot run this input: {_one_line(error)}") from error
        return outputs

    def bind(self) -> "OnnxRuntimeBinding":
        return OnnxRuntimeBinding(self._session, self._errors, "cpu" if self.name.endswith("-cpu") else "cuda")


class OnnxRuntimeBinding(Binding):
    """device: where shared blocks lie, in ONNX Runtime's words; TensorRT's provider shares CUDA's memory."""

    def __init__(self, session: Any, errors: tuple[type[Exception], ...], device: str) -> None:
        import onnxruntime

        self._runtime = onnxruntime
        self._session, self._errors, self._device = session, errors, device
        self._io = session.io_binding()
        self._types = {part.name: part.type for part in (*session.get_inputs(), *session.get_outputs())}
        self._fed: dict[str, NDArray[Any]] = {}
        self._held: dict[str, object] = {}  # outputs and shared blocks: the binding keeps bare addresses

    def feed(self, name: str, array: NDArray[Any]) -> None:
        self._fed[name] = array
        self._bind(self._io.bind_input, name, array)

    def feeds(self, name: str, array: NDArray[Any]) -> Callable[[], None]:
        self.feed(name, array)
        if self._device != "cpu":
            return partial(self.feed, name, array)
        value = self._runtime.OrtValue.ortvalue_from_numpy(array)  # on the CPU it is that array, not a copy

        def again() -> None:
            self._fed[name] = array
            self._io.bind_ortvalue_input(name, value)

        return again

    def fetch(self, name: str, array: NDArray[Any]) -> None:
        self._held[name] = array
        self._bind(self._io.bind_output, name, array)

    def _bind(self, put: Callable[..., None], name: str, array: NDArray[Any]) -> None:
        if not array.flags.c_contiguous:
            raise EngineError(f"{name}: bound memory must be contiguous")
        try:
            put(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
        except self._errors as error:
            raise EngineError(f"onnxruntime cannot bind {name}: {_one_line(error)}") from error

    def share(self, source: str, target: str, shape: tuple[int, ...]) -> None:
        if source not in self._types or target not in self._types:
            raise EngineError(f"the network has no {source} with {target}")
        try:
            zeros = np.zeros(shape, DTYPES[self._types[source]])
            block = self._runtime.OrtValue.ortvalue_from_numpy(zeros, self._device)
            self._io.bind_ortvalue_input(source, block)
            self._io.bind_ortvalue_output(target, block)
        except self._errors as error:
            raise EngineError(f"onnxruntime cannot share {source}: {_one_line(error)}") from error
        self._held[source] = (zeros, block)

    def run(self) -> None:
        try:
            if self._device != "cpu":  # there an input is copied when it is bound, so what has changed goes again
                for name, array in self._fed.items():
                    self.feed(name, array)
            self._session.run_with_iobinding(self._io)
            if self._device != "cpu":
                self._io.synchronize_outputs()
        except self._errors as error:
            raise EngineError(f"onnxruntime cannot run this input: {_one_line(error)}") from error


def _errors(runtime: Any) -> tuple[type[Exception], ...]:
    """What its calls raise: classes of its own without a common base, and Python's from its wrapper."""
    own = [kind for kind in vars(runtime).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    return (RuntimeError, ValueError, TypeError, *own)


def _providers(devices: Sequence[Device], available: Sequence[str]) -> list[str]:
    unknown = [device for device in devices if device not in PROVIDERS]
    if unknown or not devices:
        raise EngineError(f"unknown device {', '.join(unknown) or '(none)'}; one of {', '.join(PROVIDERS)}")
    providers = [PROVIDERS[device] for device in devices]
    for device, provider in zip(devices, providers, strict=True):
        if provider not in available:
            raise EngineError(
                f"device {device} is not in this onnxruntime (it has {', '.join(available)}); "
                "install xunjian[gpu] instead of xunjian[cpu], or set the device to cpu"
            )
    return providers


def refuse_silent_fallback(asked: Sequence[str], got: Sequence[str]) -> None:
    """ONNX Runtime goes on with the CPU when CUDA's libraries do not load, with a log line at most.

    Raises EngineError.
    """
    missing = [provider for provider in asked if provider not in got]
    if missing:
        raise EngineError(
            f"{', '.join(missing)} did not come up, only {', '.join(got)}; "
            "check the driver and the CUDA, cuDNN or TensorRT libraries, or set the device to cpu"
        )


def _tensor(described: Any) -> Tensor:
    shape = tuple(side if isinstance(side, int) else None for side in described.shape)
    return Tensor(described.name, shape, DTYPES.get(described.type, described.type))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
