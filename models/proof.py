"""What was found out about an engine on this machine, kept so that it is not found out again at every start."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.durable_file import write_durably
from models.engine.machine import Machine
from models.errors import EngineError

PROOFS_MAX = 64  # the oldest goes
UNFINISHED_MAX = 2  # tries that ended with the process: then the engine is not let near it again
BOOK_BYTES_MAX = 256 * 1024
RULE = 1  # of models/detector/parity.py and the pictures; another rule, another proof


def engines_folder() -> Path:
    """Of proofs and of engines built here: $XUNJIAN_ENGINES, else the user's cache (XDG). May be lost at any time."""
    if chosen := os.environ.get("XUNJIAN_ENGINES"):
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "xunjian" / "engines"


@dataclass(frozen=True, slots=True)
class Tested:
    """What a proof is of. engine: runtime, device and precision. weights, reference: sha256. size_px: of the input."""

    engine: str
    weights: str
    reference: str
    size_px: int
    machine: Machine

    def key(self) -> dict[str, Any]:
        machine = asdict(self.machine) | {"runtimes": list(self.machine.runtimes)}
        return asdict(self) | {"machine": machine, "rule": RULE}


class Proof(BaseModel):
    """settled: there is a verdict. refusal: it, in a line; null when the engine agrees. own: pictures of the box's own
    that there were. unfinished: tries since then that ended with the process.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Mapping[str, Any]
    settled: bool = False
    refusal: str | None = None
    own: int = 0
    unfinished: int = 0


class _Book(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    proofs: tuple[Proof, ...] = Field(default=(), max_length=PROOFS_MAX)


class ProofBook:
    """folder: made when something is kept. A book that cannot be read is an empty one."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "proofs.json"

    def find(self, tested: Tested) -> Proof | None:
        key = tested.key()
        return next((one for one in self._read() if one.key == key), None)

    def keep(self, proof: Proof) -> None:
        """In the place of an older one of the same key. Raises EngineError."""
        others = [one for one in self._read() if one.key != proof.key]
        book = _Book(proofs=(*others[-PROOFS_MAX + 1 :], proof))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_durably(self.path, book.model_dump_json(indent=1).encode())
        except OSError as error:
            raise EngineError(f"{self.path}: cannot be written ({error.strerror}); set XUNJIAN_ENGINES") from error

    def _read(self) -> Iterator[Proof]:
        try:
            with self.path.open("rb") as file:
                content = file.read(BOOK_BYTES_MAX + 1)
            yield from _Book.model_validate(json.loads(content)).proofs
        except (OSError, ValueError, ValidationError, RecursionError):
            return
