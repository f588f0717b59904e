"""Workers whose death or standstill is noticed: a box that only looks alive is worse than one that restarts."""

import logging
import threading
from collections.abc import Callable

from edge.clock import Clock

LOG = logging.getLogger(__name__)
Work = Callable[[threading.Event, Callable[[], None]], None]


class Worker:
    """A thread around `work(stopping, progress)`. stall_s: how long it may go without calling progress; 0: for ever."""

    def __init__(self, name: str, work: Work, clock: Clock, stall_s: float = 0.0) -> None:
        self.name = name
        self._work = work
        self._clock = clock
        self._stall_s = stall_s
        self._stopping = threading.Event()
        self._progress_s = clock.monotonic_s()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._progress_s = self._clock.monotonic_s()
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stopping.set()

    def join(self, timeout_s: float) -> bool:
        """Whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(max(timeout_s, 0.0))
        return not self._thread.is_alive()

    @property
    def ended(self) -> bool:
        return self._thread.ident is not None and not self._thread.is_alive()

    @property
    def error(self) -> BaseException | None:
        """What it died of."""
        return self._error

    def complaint(self) -> str | None:
        """Why this worker is not doing its work, although nobody asked it to stop."""
        if self._error is not None:
            return f"{self.name} died: {str(self._error) or type(self._error).__name__}"
        if self._stopping.is_set():
            return None
        if self.ended:
            return f"{self.name} ended by itself"
        idle_s = self._clock.monotonic_s() - self._progress_s
        if self._stall_s and idle_s > self._stall_s:
            return f"{self.name} has made no progress for {idle_s:.0f} s"
        return None

    def _run(self) -> None:
        try:
            self._work(self._stopping, self._note_progress)
        except BaseException as error:  # the edge of a thread: whatever it was ends the process, with one line
            LOG.debug("%s", self.name, exc_info=True)
            self._error = error

    def _note_progress(self) -> None:
        self._progress_s = self._clock.monotonic_s()
