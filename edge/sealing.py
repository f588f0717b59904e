"""What a frame led to becomes files and committed revisions: in the camera's step, or beside it.

A key frame of 1080p takes a tenth of a second to encode and fsync, in which a camera at 10 frames/s would lose one. The
order stays: files first, synced, then the transaction; frame after frame.
"""

import threading
from collections import deque
from collections.abc import Sequence

from edge.committer import Committer
from edge.delivery.dossier import Order
from edge.delivery.revision import Revision

FRAMES_MAX = 4  # whose orders wait; each may hold a picture and a clip's packets


class Sealing:
    """In the step: when `put` returns, all is committed, or refused and kept by the committer."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer

    @property
    def full(self) -> bool:
        """So much waits that frames should pass unseen."""
        return self._committer.full

    @property
    def waiting(self) -> int:
        """Revisions that are not committed yet."""
        return self._committer.waiting

    def put(self, orders: Sequence[Order]) -> tuple[Revision, ...]:
        """The orders of one frame: one commit, together with what was refused before. Returns what was committed."""
        return self._filled(orders)

    def drain(self) -> tuple[Revision, ...]:
        """Returns when nothing is under way any more, with what was committed meanwhile."""
        return ()

    def _filled(self, orders: Sequence[Order]) -> tuple[Revision, ...]:
        made = [order() for order in orders]
        return self._committer.commit([draft for draft in made if draft is not None])


class SealingApart(Sealing):
    """Beside the step, on a thread that lives while there is something to do.

    At most FRAMES_MAX frames wait, then `put` does: an incident is found a little later rather than kept in memory,
    where a power cut would take it.

    What fails there other than disk and outbox is raised in the next `put` or `drain`.
    """

    def __init__(self, committer: Committer, name: str) -> None:
        super().__init__(committer)
        self._name = name
        self._changed = threading.Condition()
        self._frames: deque[Sequence[Order]] = deque()
        self._running = False
        self._committed: list[Revision] = []
        self._error: BaseException | None = None

    def put(self, orders: Sequence[Order]) -> tuple[Revision, ...]:
        with self._changed:
            self._changed.wait_for(lambda: len(self._frames) < FRAMES_MAX)
            if self._error is not None:
                raise self._error
            if orders or (self._committer.waiting and not self._running):
                self._frames.append(orders)
                if not self._running:
                    self._running = True
                    threading.Thread(target=self._run, name=f"sealing-{self._name}", daemon=True).start()
            return self._taken()

    def drain(self) -> tuple[Revision, ...]:
        with self._changed:
            self._changed.wait_for(lambda: not self._running)
            if self._error is not None:
                raise self._error
            return self._taken()

    @property
    def waiting(self) -> int:
        with self._changed:
            return self._committer.waiting + sum(map(len, self._frames))

    def _taken(self) -> tuple[Revision, ...]:
        committed, self._committed = tuple(self._committed), []
        return committed

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._frames or self._error is not None:
                    self._frames.clear()
                    self._running = False
                    self._changed.notify_all()
                    return
                orders = self._frames[0]  # counts until it is done
            try:
                revisions = self._filled(orders)
            except BaseException as error:  # noqa: BLE001 - the edge of the thread: raised again in the camera's
                self._error, revisions = error, ()
            with self._changed:
                self._frames.popleft()
                self._committed += revisions
                self._changed.notify_all()
