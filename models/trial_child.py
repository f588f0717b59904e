"""The process in which a package that nobody vouches for is loaded for the first time, and run once.

It may use so much memory and time, writes no file and leaves no core; whatever a runtime does with a hostile file ends
with it.
"""

import contextlib
import importlib
import json
import os
import resource
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np

from models.card import Card
from models.detector.detector import Detector
from models.engine.engine import Engine
from models.engine.onnx_file import check_outline
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.errors import ModelError, PackageError
from models.package import Package

GREY = 114


@dataclass(frozen=True, slots=True)
class Limits:
    """data_bytes_max: of memory of the process's own (RLIMIT_DATA). address_bytes_max: with what it maps of files and
    reserves (RLIMIT_AS). wall_s_max: until its answer, kept by the one who waits.
    """

    data_bytes_max: int
    address_bytes_max: int
    cpu_s_max: int = 60
    wall_s_max: float = 120.0


def serve(package: Package, limits: Limits, connection: Connection) -> None:
    """The entry function: one JSON answer, `{"refused": null}` or the reason."""
    with contextlib.suppress(
        ImportError
    ):  # before the limits: they are the network's; that it is missing is said below
        importlib.import_module("onnxruntime")
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CPU, limits.cpu_s_max),
        (resource.RLIMIT_DATA, limits.data_bytes_max),
        (resource.RLIMIT_AS, limits.address_bytes_max),
    ):
        resource.setrlimit(kind, (most, most))
    refused: str | None = None
    try:
        try_out(package)
    except ModelError as error:
        refused = str(error)
    except MemoryError:
        refused = f"needs more than {limits.data_bytes_max // 2**20} MB of memory"
    connection.send_bytes(json.dumps({"refused": refused}).encode())
    os._exit(0)  # a runtime's threads must not keep the process


def try_out(package: Package) -> None:
    """Every network of the package loads; a detector answers to one grey picture. Raises ModelError."""
    described = package.described
    for name in described.files:
        if not name.endswith(".onnx") and name != described.weights:
            continue
        weights = package.read_file(name)
        try:
            check_outline(weights)
            engine = OnnxRuntimeEngine(weights, threads=1)
            if isinstance(described, Card) and name in (described.weights, *described.variants.values()):
                _look_once(package, described, engine)
        except ModelError as error:
            raise type(error)(f"{name}: {error}") from error


def _look_once(package: Package, card: Card, engine: Engine) -> None:
    side_px = card.input.trained_px if card.input.dynamic else card.input.size_px
    wanted = (None, 3, side_px, side_px)
    taken = engine.inputs[0].shape if len(engine.inputs) == 1 else ()
    fits = len(taken) == 4 and all(there in (None, asked) for there, asked in zip(taken[1:], wanted[1:], strict=True))
    if not fits:
        shapes = ", ".join(f"{one.name} {tuple(side or '?' for side in one.shape)}" for one in engine.inputs)
        raise PackageError(f"takes {shapes or 'nothing'}, but the card says one picture of 3 x {side_px} x {side_px}")
    detector = Detector(package, engine, size_px=side_px)
    detector.detect(np.full((side_px, side_px, 3), GREY, np.uint8))
