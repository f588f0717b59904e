"""The folder of a box, or of a replay: what lies where, and that one process at a time works in it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.clock import SystemClock
from edge.delivery.outbox import Outbox

OUTBOX = "outbox.sqlite3"
PUBLIC_KEY = "box.pub"
BOX_KEY = "keys/box.key"


class BoxError(Exception):
    """The box cannot be put together; the message says what to do."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Raises BoxError while another process runs this box: two would give out the same numbers."""
    with (folder / "box.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BoxError(f"{folder}: this box runs already; stop it first") from error
        yield


def open_outbox(folder: Path) -> Outbox:
    """Of a box or a replay that exists. Raises BoxError, OutboxError."""
    if not (folder / OUTBOX).is_file():
        raise BoxError(f"{folder}: no {OUTBOX} there; give the folder of a box or of a replay")
    return Outbox(folder / OUTBOX, SystemClock())
