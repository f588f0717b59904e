"""When not every picture need be decoded: a box that is too busy drops most of them undone anyway."""

from collections import deque

WINDOW = 50  # pictures: two or three seconds
BUSY_SHARE = 0.75  # dropped of all: fewer than one in four is looked at, and as many remain of any usual stream
FREE_SHARE = 0.1  # dropped of those that remain: whoever looks may want more


class Sparing:
    """on: pictures that no other refers to may be left out."""

    def __init__(self) -> None:
        self.on = False
        self._dropped: deque[bool] = deque(maxlen=WINDOW)

    def note(self, *, dropped: bool) -> None:
        """At each decoded picture: whether the one before it was dropped."""
        self._dropped.append(dropped)
        if len(self._dropped) < WINDOW:
            return
        share = sum(self._dropped) / WINDOW
        if (share <= FREE_SHARE) if self.on else (share >= BUSY_SHARE):
            self.on = not self.on
            self._dropped.clear()
