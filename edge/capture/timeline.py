"""The stream's own timestamps put on one scale that starts at 0, has no breaks, and goes on when the stream restarts.

Packets are placed before they are decoded, so pictures and packets share the scale. Broken stamps are bent here, not
where time is used.
"""

from fractions import Fraction

BACK_S_MAX = 1.0  # a smaller step back is jitter, a larger one a new start of the stream's counter
BACK_PICTURES_MAX = 16  # ... unless pictures are that slow: at most so many are sent in another order than shown
GAP_S_MAX = 60.0  # a longer gap is a broken counter, not a pause: waiting it out would stop a paced camera


class Timeline:
    """interval: ticks of `time_base` from one picture to the next, for streams that say nothing better. start_s: where
    the first picture goes.
    """

    def __init__(self, time_base: Fraction, interval: int, start_s: float = 0.0) -> None:
        if time_base <= 0 or interval <= 0:
            raise ValueError("a timeline needs a positive time base and interval")
        self.time_base = time_base
        self._interval = interval
        self._back_max = max(int(BACK_S_MAX / time_base), BACK_PICTURES_MAX * interval)
        self._gap_max = int(GAP_S_MAX / time_base)
        self._offset: int | None = None
        self._end = round(start_s / time_base)  # where the next picture begins when nothing better is known
        self._last_dts: int | None = None
        self._last_stamp = 0

    @property
    def end_s(self) -> float:
        """Where a picture after the last one would go."""
        return float(self._end * self.time_base)

    def restart(self, start_s: float = 0.0) -> None:
        """The next packet is the first of a new run (a file from its start again, a stream that is connected again): it
        follows the last one, and is not before `start_s`.
        """
        self._offset = None
        self._end = max(self._end, round(start_s / self.time_base))

    def place(self, pts: int | None, dts: int | None, duration: int | None) -> tuple[int, int]:
        """The packet's (pts, dts) on the scale; dts rises strictly and pts >= dts, as muxers ask."""
        stamp = dts if dts is not None else pts
        if stamp is None:
            placed_pts = placed_dts = self._last_stamp = self._end
        else:
            shown = pts if pts is not None else stamp
            if self._offset is None or self._broken(stamp + self._offset):
                self._offset = self._start(shown - stamp) - shown
            placed_pts, placed_dts = shown + self._offset, stamp + self._offset
            self._last_stamp = placed_dts
            if self._last_dts is not None:
                # pts alone does not say when to decode: as soon as possible is never too late
                earliest = self._last_dts + 1
                placed_dts = max(placed_dts, earliest) if dts is not None else earliest
            placed_pts = max(placed_pts, placed_dts)
        self._last_dts = placed_dts
        self._end = max(self._end, placed_pts + (duration or self._interval))
        return placed_pts, placed_dts

    def _start(self, delay: int) -> int:
        """Where a new run's first picture goes; `delay`: how much earlier than shown it is decoded."""
        if self._last_dts is None:
            return self._end
        return max(self._end, self._last_dts + 1 + delay)  # dts must rise over the break too

    def _broken(self, placed: int) -> bool:
        return not -self._back_max <= placed - self._last_stamp <= self._gap_max
