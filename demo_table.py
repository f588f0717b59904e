"""The demo's live table: a table that is redrawn on a terminal, a plain line every few seconds in a log."""

import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

LINE_EVERY_S = 5.0


def number(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else "-" if value is None else str(value)


def table_of(status: dict[str, Any]) -> Table:
    """A row per camera, the box's totals below; fits a terminal of 80 columns."""
    words = ("incidents", "reports waiting", "acknowledged", "files to send")
    keys = ("incidents", "outbox", "acknowledged", "files_pending")
    totals = "   ".join(f"{word} [bold]{number(status.get(key))}[/]" for word, key in zip(words, keys, strict=True))
    table = Table(caption=totals, caption_justify="left", caption_style="")
    for heading in ("camera", "state", "at s", "frames/s", "analysed/s", "detector ms", "tracks"):
        table.add_column(heading, justify="left" if heading in {"camera", "state"} else "right")
    for camera in status.get("cameras", []):
        fields = ("camera_id", "state", "stream_s", "fps_in", "fps_analysed", "detector_ms", "tracks")
        table.add_row(*(number(camera.get(field)) for field in fields))
    return table


def line_of(status: dict[str, Any]) -> str:
    cameras = "; ".join(
        f"{camera['camera_id']} {number(camera.get('fps_in'))}/{number(camera.get('fps_analysed'))} frames/s, "
        f"{number(camera.get('detector_ms'))} ms, {number(camera.get('tracks'))} tracks"
        for camera in status.get("cameras", [])
    )
    totals = " ".join(f"{key}={status.get(key)}" for key in ("incidents", "outbox", "acknowledged", "files_pending"))
    return f"demo: {cameras} | {totals}"


class LiveTable:
    def __init__(self) -> None:
        self._console = Console()
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._last_line_s = float("-inf")
        self._newest: dict[str, Any] | None = None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        elif self._newest is not None:
            print(line_of(self._newest), flush=True)

    def show(self, status: dict[str, Any]) -> None:
        """status: one line of `edge run --status jsonl`."""
        self._newest = status
        if self._live is not None:
            self._live.update(table_of(status), refresh=True)
        elif time.monotonic() - self._last_line_s >= LINE_EVERY_S:
            self._last_line_s = time.monotonic()
            print(line_of(status), flush=True)
            self._newest = None
