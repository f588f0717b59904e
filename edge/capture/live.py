"""What keeps a camera live: a capture thread that decodes everything, and one slot that holds the newest frame.

A consumer that is slower than the camera gets the newest frame, the ones between are counted as dropped; the ring gets
every packet either way.
"""

import random
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Self

from edge.backoff import Backoff
from edge.capture.camera import Camera, CameraError, CameraSilent, CredentialsError
from edge.capture.decoder import MakeDecoder, Picture
from edge.capture.ffmpeg_decoder import FFmpegDecoder
from edge.capture.frame import Frame
from edge.capture.packet_ring import RING_BYTES_MAX, PacketRing
from edge.capture.sparing import Sparing
from edge.capture.stream_time import StreamTime
from edge.clock import Clock, Moment

JOIN_S_MARGIN = 2.0
SILENCE_S = 1.0  # how often a camera that reconnects says that nothing came
RECONNECT = Backoff(first_s=0.5, most_s=8.0)  # a camera that returns is seen within 15 s, its opening included
REFUSED = Backoff(first_s=60.0, most_s=600.0)  # many cameras lock an account after five wrong passwords


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one attempt to open may take, and one read; retry: how to try again, None: not at all."""

    open_s_max: float = 10.0
    read_s_max: float = 8.0
    retry: Backoff | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A picture out of the slot, not converted. index: of all that were decoded. moment: when it was."""

    index: int
    picture: Picture
    moment: Moment


class LiveCamera(Camera):
    """ring_bytes_max: of the packets held. start_s: stream_s of the first picture."""

    ring: PacketRing

    def __init__(
        self,
        camera_id: str,
        source: str,
        clock: Clock,
        patience: Patience,
        *,
        ring_bytes_max: int = RING_BYTES_MAX,
        start_s: float = 0.0,
        make_decoder: MakeDecoder = FFmpegDecoder,
    ) -> None:
        self.camera_id = camera_id
        self.source = source
        self.ring = PacketRing(ring_bytes_max)
        self.frames_in = 0
        self.frames_dropped = 0
        self.clock = clock
        self.stopping = Event()
        self.patience = patience
        self.make_decoder = make_decoder
        self.stream_time = StreamTime(clock, start_s)
        self.sparing = Sparing()
        self.attempts = 0
        self.waiting = False  # for the next attempt
        self._outage: str | None = None
        self._changed = Condition()
        self._newest: Taken | None = None
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

    @property
    def ended(self) -> bool:
        """Nothing comes any more."""
        return self._ended and self._newest is None

    def __enter__(self) -> Self:
        if self.patience.retry is None:
            self.open()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._thread.join(self.patience.read_s_max + JOIN_S_MARGIN)
        with self._changed:
            self._newest = None
            self._ended = True
            self._changed.notify_all()

    def frames(self) -> Iterator[Frame]:
        while True:
            taken = self.take(SILENCE_S)
            if taken is not None:
                picture = taken.picture
                yield Frame(self.camera_id, taken.index, picture.stream_s, taken.moment, picture.raster())
            elif self.ended:
                return
            elif self.patience.retry is not None:
                raise CameraSilent(self._outage or f"{self.source}: nothing came for {SILENCE_S:.0f} s")

    def take(self, within_s: float) -> Taken | None:
        """The newest picture, as soon as there is one; None after `within_s`, or at the end. Raises CameraError."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._ended, within_s)
            taken, self._newest = self._newest, None
            if taken is None:
                if self._error is not None:
                    raise self._error
                return None
        return taken

    @property
    def outage(self) -> str | None:
        """Why nothing comes, when the source said so."""
        return self._outage

    def _run(self) -> None:
        try:
            self._play()
        except BaseException as error:  # noqa: BLE001 - the edge of the thread: raised again where frames are taken
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _play(self) -> None:
        """One connection after the other, until the source ends, or fails for good."""
        retry, tries, opened = self.patience.retry, 0, self.patience.retry is None
        while not self.stopping.is_set():
            self.attempts += 1
            try:
                if not opened:
                    self.open()
                opened = False
                for picture in self.pictures():
                    if self.stopping.is_set():
                        return
                    tries, self._outage = 0, None
                    self._put(picture)
                return
            except CameraError as error:
                if retry is None:
                    raise
                self._outage = str(error)
                pause = REFUSED if isinstance(error, CredentialsError) else retry
                self.waiting = True
                self.stopping.wait(pause.delay_s(tries, random.random()))  # noqa: S311 - jitter, no secret
                self.waiting, tries = False, tries + 1

    def pass_over(self, frames: int = 1) -> None:
        with self._changed:
            self.sparing.pass_over(frames)

    def count_left_out(self, pictures: int) -> None:
        """Such as were not even decoded: shed by an overloaded box; not wanted by one that looks seldom."""
        with self._changed:
            self.frames_in += pictures
            self.frames_dropped += pictures if self.sparing.overloaded else 0

    def _put(self, picture: Picture) -> None:
        self.stream_time.note(picture.stream_s)
        moment = self.clock.now()
        with self._changed:
            self.sparing.note(dropped=self._newest is not None)
            self.frames_dropped += self._newest is not None
            self._newest = Taken(self.frames_in, picture, moment)
            self.frames_in += 1
            self._changed.notify_all()
