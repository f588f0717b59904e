"""What TensorRT builds on this machine, as a file: for which shapes, under which name, and whether it is whole.

A plan is machine code for one card, driver and TensorRT version. It is built here from weights whose hash was checked
and never taken from anywhere else: loading a plan runs what is in it.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from models.card import InputFacts, Precision
from models.durable_file import write_durably
from models.engine.machine import Machine
from models.errors import EngineError

BUILD = 1  # of tensorrt_build.py's builder settings; others, another plan
PLAN_BYTES_MAX = 2 * 1024**3
PLANS_MAX = 8  # in the folder; the longest unused go
HEADER_BYTES_MAX = 4096
_NAME = re.compile(r"^[0-9a-f]{64}\.plan$")

Shape = tuple[int, int, int, int]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Extent:
    """Batch, channels, height and width of the input: the least, what kernels are chosen for, and the most."""

    least: Shape
    usual: Shape
    most: Shape

    @classmethod
    def of(cls, facts: InputFacts, size_px: int, batch_max: int) -> "Extent":
        """facts: of a package's card. size_px: the longer side that will be asked for at most."""
        if not facts.dynamic:
            square = (3, facts.size_px, facts.size_px)
            return cls((1, *square), (1, *square), (batch_max, *square))
        across = -(-size_px * 9 // 16 // facts.stride_px) * facts.stride_px  # most cameras are 16:9
        usual = (1, 3, max(across, facts.side_px_min), size_px)
        return cls((1, 3, facts.side_px_min, facts.side_px_min), usual, (batch_max, 3, size_px, size_px))

    def fitted(self, taken: tuple[int | None, ...]) -> "Extent":
        """As far as a network takes other sizes at all. taken: the shape of its input."""
        if len(taken) != len(self.least):
            return self

        def held(shape: Shape) -> Shape:
            batch, channels, height, width = (
                side if own is None else own for side, own in zip(shape, taken, strict=True)
            )
            return (batch, channels, height, width)

        return Extent(held(self.least), held(self.usual), held(self.most))

    def holds(self, shape: tuple[int, ...]) -> bool:
        return len(shape) == len(self.least) and all(
            low <= side <= high for low, side, high in zip(self.least, shape, self.most, strict=True)
        )


def plan_key(weights: bytes, extent: Extent, machine: Machine, tensorrt_version: str) -> str:
    """A sha256 of everything that a plan depends on."""
    facts = {
        "weights": hashlib.sha256(weights).hexdigest(),
        "extent": asdict(extent),
        "gpu": machine.gpu,
        "driver": machine.driver,
        "tensorrt": tensorrt_version,
        "build": BUILD,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def provider_options(name: str, extent: Extent, kept: Path, precision: Precision) -> dict[str, str]:
    """What ONNX Runtime's TensorRT provider needs to build once, for every size, in the numbers of the file. name:
    of the input. kept: a folder of this key alone: its own names do not tell drivers apart.
    """
    shapes = {"min": extent.least, "opt": extent.usual, "max": extent.most}
    numbers = {"fp16": {"trt_fp16_enable": "1"}, "int8": {"trt_int8_enable": "1"}}.get(precision, {})
    return numbers | {
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(kept),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(kept),
        **{f"trt_profile_{which}_shapes": f"{name}:{'x'.join(map(str, shape))}" for which, shape in shapes.items()},
    }


def load_or_build(folder: Path, key: str, load: Callable[[bytes], T | None], build: Callable[[], bytes]) -> T | None:
    """What load makes of the plan of that key. It is built where there is none, it is not whole, or load will not have
    it any more. None when load does not even take what was built. Raises EngineError.
    """
    plan = read_plan(folder, key)
    loaded = load(plan) if plan is not None else None
    if loaded is not None:
        return loaded
    plan = build()
    try:
        write_plan(folder, key, plan)
    except OSError as error:
        raise EngineError(f"{folder}: cannot be written ({error.strerror}); set XUNJIAN_ENGINES") from error
    return load(plan)


def read_plan(folder: Path, key: str) -> bytes | None:
    """None where there is none, or it is not whole: cut off, changed, or of another key."""
    path = folder / f"{key}.plan"
    try:
        with path.open("rb") as file:
            header = file.readline(HEADER_BYTES_MAX)
            plan = file.read(PLAN_BYTES_MAX + 1)
        path.touch()  # used: the longest unused goes first
    except OSError:
        return None
    return plan if header == _header(key, plan) else None


def write_plan(folder: Path, key: str, plan: bytes) -> None:
    """Whole or not at all. Drops what was longest unused beyond PLANS_MAX. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_durably(folder / f"{key}.plan", _header(key, plan) + plan, mode=0o600)
    plans = sorted((path for path in folder.iterdir() if _NAME.match(path.name)), key=lambda path: path.stat().st_mtime)
    for path in plans[:-PLANS_MAX]:
        path.unlink(missing_ok=True)


def _header(key: str, plan: bytes) -> bytes:
    facts = {"key": key, "bytes": len(plan), "sha256": hashlib.sha256(plan).hexdigest()}
    return json.dumps(facts, sort_keys=True).encode() + b"\n"
