"""Where a camera's stream time stands now, by what came last: how streams that begin later find their place."""

from threading import Event, Lock

from edge.clock import Clock


class StreamTime:
    """The monotonic clock carries on while nothing comes, so that an outage lasts as long as it lasted.

    Several threads may use it: a second stream of the same camera is put beside the first.
    """

    def __init__(self, clock: Clock, start_s: float = 0.0) -> None:
        self._clock = clock
        self._lock = Lock()
        self._stream_s = start_s
        self._at_s: float | None = None  # the clock runs from the first picture on
        self.begun = Event()

    def note(self, stream_s: float) -> None:
        """A picture of this stream time came now."""
        with self._lock:
            self._stream_s, self._at_s = stream_s, self._clock.monotonic_s()
        self.begun.set()

    def now_s(self) -> float:
        with self._lock:
            return self._stream_s + (0.0 if self._at_s is None else self._clock.monotonic_s() - self._at_s)
