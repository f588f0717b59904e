"""A package that the registry does not pin is tried in a process of its own before anything else loads it.

A pinned one is not: its bytes were loaded and measured when they were pinned, and the hashes say that they are the
same; a box would pay about two seconds at every start to learn nothing.
"""

import json
from multiprocessing import get_context
from multiprocessing.connection import Connection

from models.card import LanguageCard
from models.errors import PackageError
from models.package import Package
from models.registry import is_pinned, read_registry
from models.trial_child import Limits, serve

ANSWER_BYTES_MAX = 64 * 1024
ROOM_BYTES = 1024 * 2**20  # for the runtime, Python and the numbers between layers
WEIGHTS_TIMES = 4  # the file, the runtime's copy of it, and what it makes of that copy
RESERVED_BYTES = 8 * 2**30  # address space that threads and libraries reserve without using it
_CONTEXT = get_context("forkserver")


def try_unpinned(package: Package) -> None:
    """Nothing for a package that the registry pins. Raises PackageError."""
    if not is_pinned(package, read_registry().packages.get(package.described.name)):
        try_any(package)


def try_any(package: Package) -> bool:
    """Whether it was tried: all but a language model, which llama.cpp reads in a process of its own each time. Raises
    PackageError, one line that names the package.
    """
    if isinstance(package.described, LanguageCard):
        return False
    try_apart(package, limits_for(package))
    return True


def limits_for(package: Package) -> Limits:
    largest = max(facts.bytes for facts in package.described.files.values())
    data_bytes_max = ROOM_BYTES + WEIGHTS_TIMES * largest
    return Limits(data_bytes_max, data_bytes_max + RESERVED_BYTES)


def try_apart(package: Package, limits: Limits) -> None:
    """Raises PackageError when the package is refused, or its process ends or does not answer in time."""
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=serve, args=(package, limits, theirs), name="model-trial", daemon=True)
    refused: str | None
    with ours:
        try:
            with theirs:
                process.start()
        except (EOFError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else "the forkserver is gone"
            raise PackageError(f"{package.described.name}: no process to try it in could be started ({why})") from error
        try:
            refused = _answer(ours, limits)
        except (EOFError, OSError, ValueError):
            process.join(1.0)
            refused = _ended(process.exitcode)
        finally:
            process.kill()
            process.join()
            process.close()
    if refused is not None:
        raise PackageError(f"{package.described.name}: refused on trial: {refused}")


def _answer(connection: Connection, limits: Limits) -> str | None:
    if not connection.poll(limits.wall_s_max):
        return f"no answer in {limits.wall_s_max:g} s"
    said = json.loads(connection.recv_bytes(ANSWER_BYTES_MAX))["refused"]
    return None if said is None else " ".join(str(said).split())


def _ended(code: int | None) -> str:
    if code is None:
        return "its process broke off"
    ended = f"by signal {-code}" if code < 0 else f"with {code}"
    return f"its process ended {ended}: it takes too much memory or time, or makes the runtime fail"
