"""Real processes for tests: a broker, a centre, a box. Each is started on loopback, waited for, and ended by its id."""

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[1]
XUNJIAN = (sys.executable, str(ROOT / "xunjian.py"))
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(holds: Callable[[], object], within_s: float, what: str, every_s: float = 0.05) -> None:
    """Waits for a condition of another process. Raises AssertionError that says `what` did not come."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, f"not within {within_s} s: {what}"
        time.sleep(every_s)  # another process works meanwhile; there is nothing else to wait on


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def parent_of(process_id: int) -> int:
    return int(Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[1])


def has_ended(process_id: int) -> bool:
    """Whether or not anybody has asked how."""
    stat = Path(f"/proc/{process_id}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def starve_forkserver(process_id: int) -> int:
    """The server that forked this process dies of its next request, as of a fork that fails; its id."""
    server = parent_of(process_id)
    _, most = resource.prlimit(server, resource.RLIMIT_NOFILE)
    resource.prlimit(server, resource.RLIMIT_NOFILE, (0, most))
    return server


@dataclass(slots=True)
class Running:
    """A process of ours with its output in a file; `kill` is SIGKILL, `stop` asks first."""

    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=ROOT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def xunjian(*arguments: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
    """One command to its end, as a user would type it."""
    return subprocess.run(
        [*XUNJIAN, *arguments], input=stdin, capture_output=True, text=True, timeout=120, check=check, cwd=ROOT
    )


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@contextlib.contextmanager
def mosquitto(folder: Path, port: int | None = None, *settings: str) -> Iterator[tuple[Running, int]]:
    """Debian's mosquitto without persistence, anonymous, on loopback only."""
    assert MOSQUITTO, "mosquitto is not installed: apt install mosquitto"
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "mosquitto.conf"
    lines = (f"listener {port} 127.0.0.1", "persistence false", *(settings or ("allow_anonymous true",)))
    configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with Running([MOSQUITTO, "-c", str(configuration)], folder / "mosquitto.log") as broker:
        eventually(lambda: listens(port), 10, f"mosquitto on port {port}")
        yield broker, port


@contextlib.contextmanager
def centre(
    folder: Path, broker_url: str | None = None, port: int | None = None, database_url: str | None = None
) -> Iterator[tuple[Running, str]]:
    """`xunjian central init` (once) and `serve`; gives the process and the page's address."""
    port = port or free_port()
    if not (folder / "central.yaml").exists():
        chosen = (
            *(("--broker", broker_url) if broker_url else ()),
            *(("--database", database_url) if database_url else ()),
        )
        xunjian("central", "init", str(folder), *chosen)
    command = [*XUNJIAN, "central", "serve", str(folder), "--port", str(port)]
    with Running(command, folder / "serve.log") as process:
        eventually(lambda: listens(port) or process.process.poll() is not None, 30, f"the centre on port {port}")
        assert process.process.poll() is None, (folder / "serve.log").read_text()
        yield process, f"http://127.0.0.1:{port}"


def enrol_box(box: Path, central: Path, address: str, *arguments: str) -> None:
    """A one-time token from the centre, and `xunjian edge init` with it on standard input."""
    token = xunjian("central", "token", str(central)).stdout
    xunjian("edge", "init", str(box), "--central", address, "--token", "-", *arguments, stdin=token)
