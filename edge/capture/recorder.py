"""A camera's second stream, kept and not decoded: the main stream for evidence beside a small one for detection."""

import random
from collections.abc import Callable
from threading import Thread
from types import TracebackType
from typing import Self

from edge.backoff import Backoff
from edge.capture.camera import CameraError
from edge.capture.decoding import VideoSource
from edge.capture.live import JOIN_S_MARGIN, RECONNECT, LiveCamera

LOOK_S = 0.2


class Recorder:
    """Fills the ring of `camera` by its own thread, on the camera's stream time; says in the camera's `fault` what is
    wrong with it, and connects again for ever. connect: opens the stream on that ring.
    """

    def __init__(self, camera: LiveCamera, connect: Callable[[], VideoSource], retry: Backoff = RECONNECT) -> None:
        self._camera = camera
        self._connect = connect
        self._retry = retry
        self._thread = Thread(target=self._run, name=f"capture-{camera.camera_id}-main", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._camera.stopping.set()
        self._thread.join(self._camera.patience.read_s_max + JOIN_S_MARGIN)

    def _run(self) -> None:
        stopping, time, tries = self._camera.stopping, self._camera.stream_time, 0
        while not time.begun.wait(LOOK_S):  # nothing says yet what time it is
            if stopping.is_set():
                return
        while not stopping.is_set():
            held = self._camera.ring.bytes_held
            try:
                with self._connect() as video:
                    self._camera.fault = None
                    video.record(time.now_s, stopping.is_set)
                why = "the camera ended it"
            except CameraError as error:
                why = str(error)
            self._camera.fault = f"the main stream is missing, clips will be too: {why}"
            tries = tries + 1 if self._camera.ring.bytes_held == held else 0
            stopping.wait(self._retry.delay_s(tries, random.random()))  # noqa: S311 - jitter, no secret
