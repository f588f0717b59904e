"""When not every picture need be decoded: most of them are not looked at, as the box is too busy or asks for few."""

WINDOW = 50  # pictures: two or three seconds
WINDOW_ON = 10  # of those that remain: whoever wants more again waits no longer
DROPPED_SHARE = 0.75  # of all: fewer than one in four is looked at, and as many remain of any usual stream
UNSEEN_SHARE = 0.9  # dropped or passed over
# Of those that remain. More than that looked at: whoever looks may want more; whoever paces itself wants even steps.
DROPPED_SHARE_ON = 0.1
PASSED_SHARE_ON = 0.75


class Sparing:
    """on: pictures that no other refers to may be left out. overloaded: as they were dropped, not passed over."""

    def __init__(self) -> None:
        self.on = self.overloaded = False
        self._decoded = self._dropped = self._passed = 0

    def pass_over(self, pictures: int = 1) -> None:
        """So many were taken and not looked at, because they came too soon."""
        self._passed += pictures

    def note(self, *, dropped: bool) -> None:
        """At each decoded picture: whether the one before it was dropped."""
        self._decoded += 1
        self._dropped += dropped
        if self._decoded < (WINDOW_ON if self.on else WINDOW):
            return
        dropped_share, passed_share = self._dropped / self._decoded, self._passed / self._decoded
        if self.on:
            self.on = dropped_share > DROPPED_SHARE_ON or passed_share >= PASSED_SHARE_ON
        else:
            self.on = dropped_share >= DROPPED_SHARE or dropped_share + passed_share >= UNSEEN_SHARE
        self.overloaded = self.on and dropped_share > passed_share
        self._decoded = self._dropped = self._passed = 0
