"""The process of the verifier: opens the model, answers one inquiry after another, ends when the box is gone.

A native runtime that crashes or grows costs the second look alone; detection goes on.
"""

import contextlib
import json
import logging
import os
import pickle
import resource
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from edge.verification.scripted import ScriptedStep, ScriptedVerifier
from edge.verification.verifier import Verifier, VerifierError
from models.errors import ModelError
from models.vlm.questions import Language

OPENING_NICENESS = 10  # a model that is loaded is soon out of the way
NICENESS = 19  # of each verdict: detection first
INQUIRY_BYTES_MAX = 16 * 2**20
ANSWER_BYTES_MAX = 64 * 1024
STATED_BYTES_MAX = 48_000  # of a text as it is said, where a character may take twelve
Task = Literal["verify", "describe"]
COMMAND = "verifier"


@dataclass(frozen=True, slots=True)
class WantedServer:
    """url: without `/v1`. key_file: holds its bearer token. timeout_s: for one answer."""

    url: str
    model: str
    key_file: Path | None = None
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """model: a package's name or folder. server: in its place. data_bytes_max: of memory of the process's own
    (RLIMIT_DATA); beyond it an allocation fails, and the process with it. text_s_max: for what a model writes about
    one lead. steps: a script in the place of a model.
    """

    model: str | None = None
    device: Literal["cpu", "cuda", "tensorrt"] = "cpu"
    threads: int = 1
    language: Language = "en"
    data_bytes_max: int | None = None
    text_s_max: float = 16.0
    steps: tuple[ScriptedStep, ...] = ()
    server: WantedServer | None = None


def serve(wanted: Wanted, connection: Connection) -> None:
    """The entry function."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # both reach the whole group; the box ends this one by itself
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold pictures
    if wanted.data_bytes_max is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (wanted.data_bytes_max, wanted.data_bytes_max))
    os.nice(OPENING_NICENESS)
    Path("/proc/self/comm").write_text(COMMAND)  # what `ps` and `top` show
    logging.basicConfig(format="xunjian edge: %(message)s", level=logging.WARNING)
    with contextlib.suppress(EOFError, OSError):  # the box is gone
        _serve(wanted, connection)
    os._exit(0)  # a runtime's threads must not keep the process


def _serve(wanted: Wanted, connection: Connection) -> None:
    try:
        verifier = _open(wanted)
    except (VerifierError, ModelError, MemoryError) as error:
        _say(connection, "failed", why=str(error) or "out of memory")
        return
    _give_way()
    _say(connection, "ready", name=verifier.name, sha256=verifier.sha256)
    while True:
        task, inquiry = pickle.loads(connection.recv_bytes(INQUIRY_BYTES_MAX))  # noqa: S301 - from the box itself
        try:
            if task == "describe":
                facts: dict[str, object] = {"stated": _cut(verifier.describe(inquiry))}
            else:
                facts = {"verification": verifier.verify(inquiry).model_dump(mode="json")}
        except (VerifierError, MemoryError) as error:
            _say(connection, "failed", why=str(error) or "out of memory")
        else:
            _say(connection, "answer", **facts)


def _give_way() -> None:
    """Niceness is a thread's on Linux: a runtime's threads have the one with which they were made."""
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            os.setpriority(os.PRIO_PROCESS, int(thread.name), NICENESS)


def _open(wanted: Wanted) -> Verifier:
    if wanted.steps:
        return ScriptedVerifier(wanted.steps)
    if wanted.server is not None:
        return _behind(wanted.server, wanted.language)
    from edge.verification.vlm import LanguageVerifier
    from models.engine.onnx_runtime import OnnxRuntimeEngine
    from models.registry import find_package
    from models.vlm.vlm import VisionLanguageModel

    package = find_package(wanted.model)
    model = VisionLanguageModel(package, lambda weights: OnnxRuntimeEngine(weights, (wanted.device,), wanted.threads))
    return LanguageVerifier(model, wanted.language, wanted.text_s_max)


def _behind(server: WantedServer, language: Language) -> Verifier:
    from edge.verification.chat import ChatVerifier
    from models.vlm.chat_server import ChatServer, ServerAddress

    try:
        key = server.key_file.read_text(encoding="utf-8").strip() if server.key_file else None
    except (OSError, UnicodeDecodeError) as error:
        raise VerifierError(f"{server.key_file}: cannot be read; it holds the key of {server.url}") from error
    address = ServerAddress(server.url, server.model, key, server.timeout_s, concurrent_max=1)
    return ChatVerifier(ChatServer(address), language)


def _cut(text: str) -> str:
    """As much of it as may be said; one that is cut is no JSON any more, and holds nothing."""
    said_bytes = 0
    for position, character in enumerate(text):
        said_bytes += len(json.dumps(character)) - len('""')
        if said_bytes > STATED_BYTES_MAX:
            return text[:position]
    return text


def _say(connection: Connection, kind: str, **facts: object) -> None:
    """JSON: what comes out of a process that may be broken is read, never executed."""
    connection.send_bytes(json.dumps({"kind": kind, **facts}).encode())
