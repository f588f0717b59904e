"""A whole site to break: box, broker and centre as real processes, and the books of both sides to compare."""

import contextlib
import itertools
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import httpx
import yaml

from tests.faults.busy_scene import make_busy_scene
from tests.faults.nursery import Forked, Nursery
from tests.processes import enrol_box, eventually, free_port, listens, mosquitto, xunjian

Key = tuple[str, int, str]  # incident, revision, sha256 of the payload


@dataclass(frozen=True, slots=True)
class Books:
    """Both sides compared. lost: revisions and files that the box committed and the centre has not got."""

    committed: int
    files: int
    lost: int
    lost_files: int
    doubled: int
    phantom: int

    def __str__(self) -> str:
        return " ".join(f"{name}={getattr(self, name)}" for name in self.__slots__)


class Part(Protocol):
    """What can be killed and started again."""

    def kill(self) -> None: ...

    def start(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ChildOfTheCentre:
    """The embedded broker: the centre's only child; the centre starts it again by itself."""

    centre: Forked

    def kill(self) -> None:
        pid = self.centre.pid
        with contextlib.suppress(OSError):  # the centre has just been killed itself, and its broker with it
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)

    def start(self) -> None:
        return


@dataclass
class Site:
    """parts: what can be killed, by name."""

    box_folder: Path
    centre_folder: Path
    address: str
    box: Forked
    centre: Forked
    parts: dict[str, Part]
    ports: dict[str, int]
    started_s: float = field(default_factory=time.monotonic)
    _committed_before: int = 0
    kills: Counter[str] = field(default_factory=Counter)

    def kill_at_random(self, count: int, chance: random.Random, gap_s: tuple[float, float] = (0.05, 1.0)) -> None:
        """Half of the kills hit a part that has come so far as to work, the others whatever state it is in."""
        names = [name for _, name in zip(range(count), itertools.cycle(sorted(self.parts)), strict=False)]
        chance.shuffle(names)  # each part as often as the others, in any order
        for name in names:
            time.sleep(chance.uniform(*gap_s))  # the parts work meanwhile
            if chance.random() < 0.5:
                eventually(partial(self._works, name), 30, f"{name} works")
            self.parts[name].kill()
            self.parts[name].start()
            self.kills[name] += 1
            self._committed_before = len(self.committed())

    def lose_the_brokers_queue(self) -> None:
        """The centre dies, the box goes on reporting to the broker, and the broker dies with all that it took."""
        self.parts["centre"].kill()
        before = len(self.committed())
        eventually(lambda: len(self.committed()) > before + 3, 30, "the box goes on committing")
        time.sleep(0.3)  # and the broker has answered every publish
        self.parts["broker"].kill()
        self.parts["broker"].start()
        self.parts["centre"].start()
        self.kills.update(("centre", "broker"))

    def _tend(self) -> None:
        """As a service manager does: a centre whose broker was killed while it started has ended, with a clear line."""
        if not self.centre.running:
            self.centre.start()

    def _works(self, name: str) -> bool:
        self._tend()
        if name == "box":
            return len(self.committed()) > self._committed_before
        return listens(self.ports[name])

    def committed(self) -> set[Key]:
        """Empty until the box has made its outbox."""
        if not (self.box_folder / "chain_head.json").exists():
            return set()
        return set(_rows(self.box_folder / "outbox.sqlite3", BOX_REVISIONS))

    def drain(self, within_s: float) -> None:
        """The box stops looping; one more run of it ends by itself when all is delivered."""
        self.box.stop()
        self.box.arguments = [part for part in self.box.arguments if part != "--loop"]
        self.box.start()
        eventually(self._drained, within_s, "everything is delivered", every_s=0.1)
        assert self.box.code == 0, self.box.log.read_text()[-2000:]

    def _drained(self) -> bool:
        self._tend()
        return not self.box.running

    def books(self) -> Books:
        ours = self.committed()
        theirs = _rows(self.centre_folder / "central.sqlite3", CENTRE_REVISIONS)
        files = {row[0] for row in _rows(self.box_folder / "outbox.sqlite3", "SELECT sha256 FROM file")}
        with httpx.Client(base_url=self.address, trust_env=False) as client:
            held = {sha256 for sha256 in files if client.head(f"/api/media/{sha256}").status_code == 200}
        doubled = len(theirs) - len({key[:2] for key in theirs})
        return Books(
            len(ours), len(files), len(ours - set(theirs)), len(files - held), doubled, len(set(theirs) - ours)
        )


BOX_REVISIONS = "SELECT incident_id, revision, payload_sha256 FROM revision"
CENTRE_REVISIONS = "SELECT incident_id, revision, payload_sha256 FROM revisions"


def _rows(path: Path, query: str) -> list[Any]:
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        return connection.execute(query).fetchall()


@contextlib.contextmanager
def site(folder: Path, *, embedded: bool = False, puback: bool = False) -> Iterator[Site]:
    """puback: with a box that deletes on PUBACK."""
    clip, script, rules = make_busy_scene(folder / "scene")
    box_folder, centre_folder = folder / "box", folder / "centre"
    port = free_port()
    parts: dict[str, Part] = {}
    ports: dict[str, int] = {}
    address = f"http://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        nursery = stack.enter_context(Nursery())
        broker_arguments: tuple[str, ...] = ()
        if not embedded:
            parts["broker"], ports["broker"] = stack.enter_context(mosquitto(folder / "broker"))
            broker_arguments = ("--broker", f"mqtt://127.0.0.1:{ports['broker']}")
        xunjian("central", "init", str(centre_folder), *broker_arguments)
        parts["centre"] = serving = nursery.child(
            folder / "centre.log", "central", "serve", str(centre_folder), "--port", str(port)
        )
        ports["centre"] = port
        if embedded:
            parts["broker"], ports["broker"] = ChildOfTheCentre(serving), _embedded_port(centre_folder)
        eventually(lambda: listens(port), 60, "the centre")
        enrol_box(
            box_folder, centre_folder, address, "--camera", f"busy={clip}", "--rules", str(rules),
            "--detections", f"busy={script}", "--box", "box-1",
        )  # fmt: skip
        parts["box"] = box = nursery.child(folder / "box.log", "edge", "run", str(box_folder), "--loop", puback=puback)
        yield Site(box_folder, centre_folder, address, box, serving, parts, ports)


def _embedded_port(folder: Path) -> int:
    settings = yaml.safe_load((folder / "central.yaml").read_text(encoding="utf-8"))
    return int(settings["embedded_port"])
