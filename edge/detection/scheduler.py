"""One network for all cameras of a box: who is next, and who together.

Each camera has at most the looks at one picture waiting (its thread waits with them, and newer frames replace each
other in its own slot, where they are counted as shed), so the queue is as short as the box has cameras. The earliest
deadline is next (Liu and Layland 1973): a camera in which something is about to be a violation waits least, and one of
low importance longer than its equals, so under overload its frames are shed first. Nobody starves: a deadline that has
passed is the earliest. Pictures of one size may go through the network together, where that gains time; an engine with
several lanes takes as many at once.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Condition
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.detection.detector import Attention, Importance
from models.engine.engine import Engine

# Until when a picture should have been looked at, after it came.
PATIENCE_S = {Attention.URGENT: 0.05, Attention.MOVING: 0.2, Attention.STILL: 0.5}
# Times that. An urgent picture of a camera of low importance goes before one of motion at a normal one.
SHARE: Mapping[Importance, float] = {"low": 3.0, "normal": 1.0, "high": 1 / 3}


@dataclass(slots=True, eq=False)
class _Request:
    feeds: Mapping[str, NDArray[Any]]
    came_s: float
    deadline_s: float
    outputs: list[NDArray[Any]] | None = None
    error: Exception | None = None
    taken: bool = False

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return [feed.shape for feed in self.feeds.values()]


class Scheduler:
    """batch_max: pictures that go through the network together; 1 where it gains nothing, as on a CPU. wait_s: how long
    a picture waits for company where the box has other cameras.
    """

    def __init__(self, engine: Engine, *, batch_max: int = 1, wait_s: float = 0.004) -> None:
        self.engine = engine
        self._batch_max = batch_max if all(one.shape[0] is None for one in engine.inputs) else 1
        self._wait_s = wait_s
        self._changed = Condition()
        self._waiting: list[_Request] = []
        self._free = engine.lanes
        self._seats = 0
        self.batches = 0  # runs of the network

    def seat(self, importance: Importance = "normal") -> "Seat":
        """For one camera's thread."""
        with self._changed:
            self._seats += 1
        return Seat(self, importance)

    def run(self, feeds: Mapping[str, NDArray[Any]], patience_s: float) -> list[NDArray[Any]]:
        """patience_s: after it the picture is late. Raises EngineError."""
        now_s = time.monotonic()
        request = _Request(feeds, now_s, now_s + patience_s)
        with self._changed:
            self._waiting.append(request)
            self._changed.notify_all()
            while not request.taken:
                if self._free and self._first() is request:
                    batch = self._company(request)
                    break
                self._changed.wait()
            else:
                batch = []
                self._changed.wait_for(lambda: request.outputs is not None or request.error is not None)
        if batch:
            self._carry_out(batch)
        if request.error is not None:
            raise request.error
        assert request.outputs is not None
        return request.outputs

    @property
    def roomy(self) -> bool:
        """Whether two runs could begin now; by the time one does it may be otherwise."""
        with self._changed:
            return self._free > 1 and not self._waiting

    def _first(self) -> _Request:
        return min(self._waiting, key=lambda one: (one.deadline_s, one.came_s))

    def _company(self, first: _Request) -> list[_Request]:
        """Those that go with it, itself in front; out of the queue. Other threads see that the lane is taken."""
        self._free -= 1
        most = min(self._batch_max, self._seats)
        if most > 1:
            self._changed.wait_for(lambda: len(self._alike(first)) >= most, self._wait_s)
        batch = self._alike(first)[: self._batch_max]
        for one in batch:
            one.taken = True
            self._waiting.remove(one)
        return batch

    def _alike(self, first: _Request) -> list[_Request]:
        others = sorted(self._waiting, key=lambda one: one.deadline_s)
        return [first, *(one for one in others if one is not first and one.shapes == first.shapes)]

    def _carry_out(self, batch: Sequence[_Request]) -> None:
        error: Exception | None = None
        try:
            outputs = self._together([one.feeds for one in batch])
        except Exception as failed:  # noqa: BLE001 - raised again in each camera's thread
            outputs, error = [[] for _ in batch], failed
        with self._changed:
            for one, its_outputs in zip(batch, outputs, strict=True):
                one.outputs, one.error = its_outputs, error
            self._free += 1
            self.batches += 1
            self._changed.notify_all()

    def _together(self, feeds: Sequence[Mapping[str, NDArray[Any]]]) -> list[list[NDArray[Any]]]:
        if len(feeds) == 1:
            return [self.engine.run(feeds[0])]
        joined = {name: np.concatenate([one[name] for one in feeds]) for name in feeds[0]}
        outputs = self.engine.run(joined)
        return [[output[index : index + 1] for output in outputs] for index in range(len(feeds))]


class Seat(Engine):
    """The network as one camera has it. attention: of the next picture."""

    def __init__(self, scheduler: Scheduler, importance: Importance) -> None:
        self._scheduler = scheduler
        self._importance = importance
        self.attention = Attention.MOVING
        self.name = scheduler.engine.name
        self.inputs = scheduler.engine.inputs
        self.outputs = scheduler.engine.outputs
        self.lanes = scheduler.engine.lanes

    @property
    def roomy(self) -> bool:
        """As the scheduler has it."""
        return self._scheduler.roomy

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        return self._scheduler.run(feeds, PATIENCE_S[self.attention] * SHARE[self._importance])
