"""Cameras of grey frames for the supervisor, that end, fail or fall silent when told."""

import threading
from collections.abc import Callable, Iterator
from typing import Self

import numpy as np

from edge.capture.camera import Camera, CameraSilent
from edge.capture.frame import Frame
from edge.capture.packet_ring import PacketRing
from edge.clock import SystemClock
from models.detector.rasters import BgrRaster


class StillCamera(Camera):
    """Shows `frames_max` grey frames, then does what it was made for."""

    def __init__(self, frames_max: int, at_the_end: Callable[[], None] = lambda: None) -> None:
        self.camera_id, self.source, self.ring = "hall_1", "still", PacketRing(1_000_000)
        self.frames_in = self.frames_dropped = 0
        self._frames_max, self._at_the_end = frames_max, at_the_end

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def frames(self) -> Iterator[Frame]:
        for index in range(self._frames_max):
            self.frames_in += 1
            yield Frame("hall_1", index, index / 10, SystemClock().now(), BgrRaster(np.zeros((8, 8, 3), np.uint8)))
            threading.Event().wait(0.01)
        self._at_the_end()


class SilentCamera(StillCamera):
    """Shows its frames, is silent so many times, then shows as many frames again and ends."""

    def __init__(self, frames_max: int, silences: int, why: str) -> None:
        super().__init__(frames_max)
        self.silences, self.why = silences, why

    def frames(self) -> Iterator[Frame]:
        if self.frames_in:
            self.silences -= 1
            if self.silences >= 0:
                self.fault = self.why
                threading.Event().wait(0.05)
                raise CameraSilent(self.why)
        self.fault = None
        yield from super().frames()
        if self.silences > 0:
            raise CameraSilent(self.why)
