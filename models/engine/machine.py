"""What a network runs on: where another processor, card, driver or runtime may give other numbers."""

import importlib.metadata
import platform
from dataclasses import dataclass
from pathlib import Path

RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "tensorrt", "tensorrt-cu12", "tensorrt-cu13", "cuda-bindings")
READ_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class Machine:
    """cpu: its model, `+vnni` where it multiplies bytes without saturation. gpu, driver: NVIDIA's, empty without.
    runtimes: `name version` of those that are installed.
    """

    cpu: str
    gpu: str
    driver: str
    runtimes: tuple[str, ...]


def read_machine(root: Path = Path("/")) -> Machine:
    """From /proc, without a process or a library; what cannot be read is empty."""
    cpu = _read(root / "proc/cpuinfo")
    name = _fact(cpu, "model name") or _read(root / "proc/device-tree/model").strip("\0 \n") or platform.machine()
    cards = sorted((root / "proc/driver/nvidia/gpus").glob("*/information"))
    models = [model for card in cards if (model := _fact(_read(card), "Model"))]
    jetson = _read(root / "etc/nv_tegra_release").partition("\n")[0].lstrip("# ")
    if jetson and not models:
        models = [_read(root / "proc/device-tree/model").strip("\0 \n")]
    driver = _read(root / "proc/driver/nvidia/version").partition("\n")[0]
    return Machine(
        cpu=f"{name} +vnni" if "vnni" in cpu else name,
        gpu=", ".join(models),
        driver=" ".join(f"{driver} {jetson}".split()),
        runtimes=tuple(found for one in RUNTIMES if (found := _installed(one))),
    )


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(READ_BYTES_MAX).decode("utf-8", "replace")
    except OSError:
        return ""


def _fact(text: str, name: str) -> str:
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() == name:
            return value.strip()
    return ""


def _installed(name: str) -> str:
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return ""
