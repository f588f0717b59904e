"""A camera in a process of its own: a decoder that crashes, hangs or leaks costs this camera a second, nobody else.

The process is asked for the newest frame, which it puts into shared memory, and for clips of the packets it holds.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Event, Lock
from types import TracebackType
from typing import Any, Self

from edge.backoff import Backoff
from edge.capture import wire
from edge.capture.camera import Camera, CameraError, CameraSilent
from edge.capture.camera_process import CameraProcess, ProcessGoneError
from edge.capture.decoded import raster_of
from edge.capture.frame import Frame
from edge.capture.live import SILENCE_S
from edge.capture.packet_ring import ClipPackets, EncodedPacket
from edge.capture.source import Source
from edge.capture.stream_time import StreamTime
from edge.clock import Clock

RESTART = Backoff(first_s=0.5, most_s=8.0)
RESIZED_S = 60.0  # for how long another picture size is said
STUCK_S_MARGIN = 10.0  # beyond what opening and reading may take


class IsolatedCamera(Camera):
    """restart: how a process that died is started again; None: its death is CameraError, as of a file, which would
    begin anew and crash anew.
    """

    def __init__(self, source: Source, clock: Clock, restart: Backoff | None = None) -> None:
        self.camera_id = source.camera_id
        self.source = source.shown
        self.ring = HeldElsewhere(self)
        self.frames_in = 0
        self.frames_dropped = 0
        self.fault: str | None = None
        self.bytes_held = 0
        self._wanted = source
        self._clock = clock
        self._restart = restart
        self._time = StreamTime(clock, source.start_s)
        self._lock = Lock()
        self._left = Event()
        self._process: CameraProcess | None = None
        self._before = (0, 0)  # frames in and dropped by the processes before this one
        self._deaths = 0  # since a frame came
        self._again_s = 0.0
        self._progress: tuple[int, int] = (0, 0)
        self._progress_s = 0.0
        self._size: tuple[int, int] | None = None
        self._resized: tuple[float, str] | None = None  # since when, and what is said of it
        self._passed = 0  # frames, not told to the process yet

    @property
    def process_id(self) -> int | None:
        return None if self._process is None else self._process.pid

    def __enter__(self) -> Self:
        with self._lock:
            try:
                self._start()
            except ProcessGoneError as error:
                self._bury(error)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._left.set()
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.stop()

    def frames(self) -> Iterator[Frame]:
        while not self._left.is_set():
            with self._lock:
                kind, frame = self._take()
            if frame is not None:
                yield frame
            elif kind == "ended":
                return
            elif self._restart is not None:
                raise CameraSilent(self.fault or f"{self.source}: nothing came for {SILENCE_S:.0f} s")

    def pass_over(self, frames: int = 1) -> None:
        """By whoever takes the frames; the process hears it with the next question for one."""
        self._passed += frames

    def ask_packets(self, question: wire.Question, **facts: Any) -> tuple[dict[str, Any], bytes]:
        """What the process holds. Raises ProcessGoneError when there is none."""
        with self._lock:
            if self._process is None:
                raise ProcessGoneError("it is not running")
            try:
                return self._process.ask_packets(question, **facts)
            except ProcessGoneError as error:
                self._bury(error)
                raise

    def _take(self) -> tuple[str, Frame | None]:
        """The answer's kind, and the frame when it is one."""
        try:
            if self._process is None:
                if self._left.wait(min(SILENCE_S, max(0.0, self._again_s - self._clock.monotonic_s()))):
                    return "ended", None
                if self._clock.monotonic_s() < self._again_s:
                    return "nothing", None
                self._start()
            assert self._process is not None
            passed, self._passed = self._passed, 0
            answer = self._process.ask("take", SILENCE_S, within_s=SILENCE_S, passed=passed)
            self._count(wire.counts_from(answer))
            frame = self._frame(wire.look_from(answer)) if answer["kind"] == "frame" else None
            return answer["kind"], frame
        except (ProcessGoneError, ValueError) as error:
            self._bury(error)
            return "nothing", None

    def _start(self) -> None:
        """Raises CameraError when the source cannot be opened, ProcessGoneError when the process dies of it."""
        self._process = CameraProcess(replace(self._wanted, start_s=self._time.now_s()))
        self._process.open()
        self._progress, self._progress_s = (0, 0), self._clock.monotonic_s()

    def _frame(self, look: wire.Look) -> Frame:
        assert self._process is not None
        raster = raster_of(self._process.slot.read(look.layout))
        self._deaths = 0
        self._time.note(look.stream_s)
        self._note_size(raster.width, raster.height)
        return Frame(self.camera_id, self._before[0] + look.index, look.stream_s, look.moment, raster)

    def _note_size(self, width: int, height: int) -> None:
        """Zones are relative: they fit another size of the same view, and nobody but a person can say that it is."""
        before, self._size = self._size, (width, height)
        if before is not None and before != self._size:
            text = f"its picture changed from {before[0]}x{before[1]} to {width}x{height}; look whether zones still fit"
            self._resized = (self._clock.monotonic_s(), f"{self.source}: {text}")
        if self._resized is None or self._clock.monotonic_s() - self._resized[0] > RESIZED_S:
            self._resized = None
        elif self.fault is None:
            self.fault = self._resized[1]

    def _count(self, counts: wire.Counts) -> None:
        """Raises ProcessGoneError when nothing has moved for longer than the source may take."""
        self.frames_in = self._before[0] + counts.frames_in
        self.frames_dropped = self._before[1] + counts.frames_dropped
        self.bytes_held, self.fault = counts.bytes_held, counts.fault
        progress, now_s = (counts.frames_in, counts.attempts), self._clock.monotonic_s()
        if progress != self._progress or counts.waiting:
            self._progress, self._progress_s = progress, now_s
        patience = self._wanted.patience
        stuck_s = now_s - self._progress_s
        if stuck_s > patience.open_s_max + patience.read_s_max + STUCK_S_MARGIN:
            raise ProcessGoneError(f"it has been stuck for {stuck_s:.0f} s")

    def _bury(self, error: Exception) -> None:
        """Also of a process that could not even be started. Raises CameraError when it is not to be started again."""
        if self._process is not None:
            self._process.kill()
            self._process = None
        self._before = (self.frames_in, self.frames_dropped)
        self.bytes_held = 0
        self.fault = f"{self.source}: the process that decodes it failed: {error}"
        if self._restart is None:
            raise CameraError(f"{self.fault}; the source may be damaged") from error
        self._again_s = self._clock.monotonic_s() + self._restart.delay_s(self._deaths, random.random())  # noqa: S311
        self._deaths += 1


class HeldElsewhere:
    """The packets of a camera that another process holds: none while that one is gone."""

    def __init__(self, camera: IsolatedCamera) -> None:
        self._camera = camera

    @property
    def bytes_held(self) -> int:
        """As the process said with its last frame."""
        return self._camera.bytes_held

    def packets(self) -> Sequence[EncodedPacket]:
        try:
            return wire.packets_from(*self._camera.ask_packets("packets"))
        except (ProcessGoneError, ValueError):
            return ()

    def clip(self, from_s: float, to_s: float, cap_s: float = 30.0) -> ClipPackets | None:
        try:
            return wire.clip_from(*self._camera.ask_packets("clip", from_s=from_s, to_s=to_s, cap_s=cap_s))
        except (ProcessGoneError, ValueError):
            return None
