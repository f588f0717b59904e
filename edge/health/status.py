"""What a person watching `edge run` sees, once a second: JSON lines, a live table, or plain lines in a log."""

import contextlib
import json
import logging
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table

from edge.health.camera_gauge import Reading

LOG = logging.getLogger("edge.run")
PLAIN_EVERY = 30  # calls
StatusStyle = Literal["jsonl", "auto"]


@dataclass(frozen=True, slots=True)
class BoxStatus:
    """incidents: ever committed. outbox: revisions that wait. acknowledged: revisions that the centre holds."""

    cameras: tuple[Reading, ...]
    incidents: int
    outbox: int
    acknowledged: int
    files_pending: int
    connected: bool

    def to_json(self) -> str:
        cameras = [
            {
                "camera_id": camera.camera_id,
                "state": camera.state,
                "stream_s": camera.stream_s,
                "fps_in": camera.fps_in,
                "fps_analysed": camera.fps_analysed,
                "detector_ms": camera.detector_ms,
                "tracks": camera.tracks,
                "shed": camera.shed,
            }
            for camera in self.cameras
        ]
        totals = {"incidents": self.incidents, "outbox": self.outbox, "acknowledged": self.acknowledged}
        rest = {"files_pending": self.files_pending, "connected": self.connected}
        return json.dumps({"cameras": cameras} | totals | rest)

    def to_line(self) -> str:
        cameras = ", ".join(
            f"{one.camera_id} {one.state} {one.fps_analysed:.1f} fps, {one.shed} shed" for one in self.cameras
        )
        link = "connected" if self.connected else "not connected"
        return (
            f"{cameras}; {self.incidents} incidents, {self.outbox} reports and {self.files_pending} files wait,"
            f" {self.acknowledged} reports acknowledged, {link}"
        )

    def to_table(self) -> Table:
        link = "connected" if self.connected else "not connected"
        title = (
            f"incidents {self.incidents}   waiting {self.outbox}   acknowledged {self.acknowledged}"
            f"   files to send {self.files_pending}   {link}"
        )
        columns = ("camera", "state", "at s", "frames/s", "analysed/s", "detector ms", "tracks", "shed")
        table = Table(*columns, caption=title)
        for one in self.cameras:
            numbers = (one.stream_s, one.fps_in, one.fps_analysed, one.detector_ms)
            cells = (*(f"{number:.1f}" for number in numbers), str(one.tracks), str(one.shed))
            table.add_row(one.camera_id, one.state, *cells)
        return table


class Display(ABC):
    """Use as a context; `show` about once a second."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    @abstractmethod
    def show(self, status: BoxStatus) -> None: ...


class JsonLines(Display):
    def __init__(self, out: TextIO) -> None:
        self._out = out

    def show(self, status: BoxStatus) -> None:
        with contextlib.suppress(BrokenPipeError):  # nobody reads any more; the box goes on
            print(status.to_json(), file=self._out, flush=True)


class PlainLines(Display):
    """One of PLAIN_EVERY, and the last."""

    def __init__(self) -> None:
        self._calls = 0
        self._untold: BoxStatus | None = None

    def __exit__(self, *_: object) -> None:
        if self._untold is not None:
            LOG.info("%s", self._untold.to_line())

    def show(self, status: BoxStatus) -> None:
        self._untold = status
        if self._calls % PLAIN_EVERY == 0:
            LOG.info("%s", status.to_line())
            self._untold = None
        self._calls += 1


class LiveTable(Display):
    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, status: BoxStatus) -> None:
        self._live.update(status.to_table(), refresh=True)


def make_display(style: StatusStyle) -> Display:
    """`auto`: a live table on a terminal, plain log lines anywhere else."""
    if style == "jsonl":
        return JsonLines(sys.stdout)
    console = Console()
    return LiveTable(console) if console.is_terminal else PlainLines()
