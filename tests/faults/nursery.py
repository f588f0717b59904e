"""Starts `xunjian` quickly: forks a process that has imported it already.

Starting from nothing takes two seconds of a core, most of it imports; sixty restarts would test little else. What is
forked is a process of its own that runs `xunjian.main()` with its own arguments, and dies by `kill -9` as any other.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
IMPORTED = ("xunjian", "edge.__main__", "central.__main__", "central.app", "tests.faults.puback_box")


class Nursery:
    """Use as a context: at its end every process that it started is gone."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.faults.nursery"]
        self._mother = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self._children: list[Forked] = []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for child in self._children:
            child.kill()
        self._mother.communicate(timeout=10)

    def child(self, log: Path, *arguments: str, puback: bool = False) -> "Forked":
        """puback: as the box that deletes on PUBACK."""
        self._children.append(Forked(self, log, list(arguments), puback=puback))
        return self._children[-1]

    def fork(self, order: dict[str, object]) -> int:
        assert self._mother.stdin
        assert self._mother.stdout
        self._mother.stdin.write(json.dumps(order) + "\n")
        self._mother.stdin.flush()
        return int(self._mother.stdout.readline())


@dataclass
class Forked:
    """code: the exit status; None while it runs, and when it was killed."""

    nursery: Nursery
    log: Path
    arguments: list[str]
    puback: bool = False
    pid: int = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self._code_file.unlink(missing_ok=True)
        order = {"arguments": self.arguments, "log": str(self.log), "code": str(self._code_file)}
        self.pid = self.nursery.fork(order | {"puback": self.puback})

    def kill(self) -> None:
        self._signal(signal.SIGKILL, within_s=10)

    def stop(self) -> None:
        self._signal(signal.SIGTERM, within_s=20)
        self.kill()

    @property
    def running(self) -> bool:
        return Path(f"/proc/{self.pid}").exists()

    @property
    def code(self) -> int | None:
        return int(self._code_file.read_text()) if self._code_file.exists() else None

    @property
    def _code_file(self) -> Path:
        return self.log.with_suffix(".code")

    def _signal(self, number: signal.Signals, within_s: float) -> None:
        end_s = time.monotonic() + within_s
        if self.running:
            os.kill(self.pid, number)
        while self.running and time.monotonic() < end_s:
            time.sleep(0.01)  # the mother reaps it


def bring_up(orders: Sequence[str] | None = None) -> None:
    """The mother: reads orders, forks, answers with the child's process id."""
    for name in IMPORTED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the kernel
    for line in orders or sys.stdin:
        pid = os.fork()
        if pid == 0:
            _live(json.loads(line))
        print(pid, flush=True)


def _live(order: dict[str, object]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(str(order["log"]), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream, target in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
        os.dup2(target, stream)
    import tests.faults.puback_box
    import xunjian

    if order["puback"]:
        tests.faults.puback_box.install()
    arguments = order["arguments"]
    assert isinstance(arguments, list)
    sys.argv = ["xunjian", *arguments]
    code = 70
    try:
        code = xunjian.main()
    finally:
        Path(str(order["code"])).write_text(str(code))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    bring_up()
