"""What keeps a camera live: a capture thread that decodes everything, and one slot that holds the newest frame.

A consumer that is slower than the camera gets the newest frame, the ones between are counted as dropped; the ring gets
every packet either way.
"""

from abc import abstractmethod
from collections.abc import Iterator
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Self

from edge.capture.camera import Camera
from edge.capture.decoding import Picture
from edge.capture.frame import Frame
from edge.capture.packet_ring import PacketRing
from edge.clock import Clock, Moment

JOIN_S_MARGIN = 2.0


class LiveCamera(Camera):
    """read_s_max: how long one read may block, and so how long leaving the camera may take."""

    def __init__(self, camera_id: str, source: str, clock: Clock, ring_bytes_max: int, read_s_max: float) -> None:
        self.camera_id = camera_id
        self.source = source
        self.ring = PacketRing(ring_bytes_max)
        self.frames_in = 0
        self.frames_dropped = 0
        self.clock = clock
        self.stopping = Event()
        self.read_s_max = read_s_max
        self._changed = Condition()
        self._newest: tuple[int, Picture, Moment] | None = None
        self._ended = False
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name=f"capture-{camera_id}", daemon=True)

    @abstractmethod
    def open(self) -> None:
        """Opens the source. Raises CameraError."""

    @abstractmethod
    def pictures(self) -> Iterator[Picture]:
        """Each picture when it is due; ends soon after `stopping` is set. Runs in the capture thread, closes what
        `open` opened. Raises CameraError.
        """

    def __enter__(self) -> Self:
        self.open()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._thread.join(self.read_s_max + JOIN_S_MARGIN)
        with self._changed:
            self._newest = None
            self._ended = True
            self._changed.notify_all()

    def frames(self) -> Iterator[Frame]:
        while (taken := self._take()) is not None:
            index, picture, moment = taken
            yield Frame(self.camera_id, index, picture.stream_s, moment, picture.image())

    def _take(self) -> tuple[int, Picture, Moment] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ended)
            taken, self._newest = self._newest, None
            if taken is None and self._error is not None:
                raise self._error
            return taken

    def _run(self) -> None:
        try:
            for picture in self.pictures():
                if self.stopping.is_set():
                    break
                self._put(picture)
        except BaseException as error:  # noqa: BLE001 - the edge of the thread: raised again where frames are taken
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _put(self, picture: Picture) -> None:
        moment = self.clock.now()
        with self._changed:
            self.frames_dropped += self._newest is not None
            self._newest = (self.frames_in, picture, moment)
            self.frames_in += 1
            self._changed.notify_all()
