"""Runs a box: one thread per camera, and beside them broker, publisher, uploader and heartbeat."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from contract.incident_report import CloseReason
from edge.camera_line import Line
from edge.capture.camera import CameraError, CameraSilent
from edge.capture.frame import Frame
from edge.clock import Clock
from edge.delivery.broker import Broker, BrokerEvent
from edge.delivery.command_desk import CommandDesk
from edge.delivery.faults import Faults
from edge.delivery.outbox import Outbox
from edge.delivery.publisher import Publisher
from edge.delivery.uploader import Uploader
from edge.health.camera_gauge import DEGRADED_S
from edge.health.heartbeat import Heartbeats
from edge.health.notices import Notices
from edge.health.status import BoxStatus, Display
from edge.health.watchdog import Work, Worker

SHOW_S = 1.0
LOOK_S = 0.1
SETTLE_S = 0.5  # between two tries to commit what a full disk refused
STALL_S = 120.0
LOST_S = 30.0  # without a picture: what is open is closed as `camera_lost`
CAMERA_STOP_S = 10.0  # to close open incidents and commit them
LINK_STOP_S = 3.0  # to say goodbye
LOG = logging.getLogger(__name__)


class SupervisorError(Exception):
    """The box cannot go on as it is; the message says which part and why. A service manager starts it again."""


@dataclass(frozen=True, slots=True)
class Link:
    """What connects the box to its centre."""

    broker: Broker
    publisher: Publisher
    uploader: Uploader
    heartbeats: Heartbeats
    desk: CommandDesk
    notices: Notices

    def handle(self, event: BrokerEvent) -> None:
        self.publisher.handle(event)
        self.desk.handle(event)


class Supervisor:
    def __init__(
        self,
        lines: Sequence[Line],
        link: Link,
        *,
        outbox: Outbox,
        clock: Clock,
        faults: Faults,
        lost_s: float = LOST_S,
        restart: threading.Event | None = None,
        second_look: Work | None = None,
    ) -> None:
        """restart: once set, everything stops as at a signal, and `restarting` says that it is to begin again."""
        self.restarting = False
        self._restart = restart or threading.Event()
        self._lines = tuple(lines)
        self._link = link
        self._outbox = outbox
        self._clock = clock
        self._faults = faults
        self._lost_s = lost_s
        self._failed: list[str] = []
        self._cameras = [Worker(f"camera {line.camera.camera_id}", self._watching(line), clock) for line in self._lines]
        self._links = [
            Worker("broker", lambda stopping, _: link.broker.run(stopping, link.handle), clock),
            Worker("publisher", link.publisher.run, clock, STALL_S),
            Worker("uploader", link.uploader.run, clock, STALL_S),
            Worker("heartbeat", link.heartbeats.run, clock, STALL_S),
            Worker("commands", link.desk.run, clock, STALL_S),
            Worker("notices", link.notices.run, clock, STALL_S),
        ]
        if second_look is not None:
            self._links.append(Worker("second look", second_look, clock, STALL_S))

    def run(self, display: Display) -> int:
        """Until every camera has ended and everything is delivered (0), or a signal, then what is open is closed.

        1 when a camera failed, the centre refused something, or a signal came while the disk refused commits. Raises
        SupervisorError when a part dies.
        """
        with self._until_signalled() as stopping:
            for worker in (*self._links, *self._cameras):
                worker.start()
            try:
                self._attend(stopping, display)
            finally:
                self._stop()
                display.show(self.status())
        depth = self._outbox.depth()
        if depth.set_aside or depth.files_rejected:
            LOG.warning("the centre refused %d reports and %d files", depth.set_aside, depth.files_rejected)
            return 1
        return 1 if self._failed else 0

    def status(self) -> BoxStatus:
        now_s = self._clock.monotonic_s()
        depth = self._outbox.depth()
        return BoxStatus(
            cameras=tuple(line.gauge.read(now_s) for line in self._lines),
            incidents=self._outbox.count_incidents(),
            outbox=depth.rows,
            acknowledged=depth.report_seq_high - depth.rows - depth.set_aside,
            files_pending=depth.files_pending,
            connected=self._link.broker.connected,
        )

    def _attend(self, stopping: threading.Event, display: Display) -> None:
        shown_s = float("-inf")
        while not stopping.is_set():
            self._complain()
            if all(worker.ended for worker in self._cameras) and self._delivered():
                return
            if self._restart.is_set():
                self.restarting = True
                return
            if self._clock.monotonic_s() - shown_s >= SHOW_S:
                shown_s = self._clock.monotonic_s()
                display.show(self.status())
            stopping.wait(LOOK_S)

    def _complain(self) -> None:
        for worker in self._cameras:
            if worker.error is not None:
                raise SupervisorError(worker.complaint() or worker.name) from worker.error
        for worker in self._links:
            if (complaint := worker.complaint()) is not None:
                raise SupervisorError(complaint) from worker.error

    def _delivered(self) -> bool:
        depth = self._outbox.depth()
        return depth.rows == 0 and depth.files_pending == 0

    def _stop(self) -> None:
        """Cameras first, so that what they still close is committed; bounded, whatever hangs."""
        for workers, within_s in ((self._cameras, CAMERA_STOP_S), (self._links[1:], LINK_STOP_S), (self._links[:1], 2)):
            for worker in workers:
                worker.ask_to_stop()
            end_s = self._clock.monotonic_s() + within_s
            for worker in workers:
                if not worker.join(end_s - self._clock.monotonic_s()):
                    LOG.warning("%s does not stop and is left behind", worker.name)

    def _watching(self, line: Line) -> Callable[[threading.Event, Callable[[], None]], None]:
        def watch(stopping: threading.Event, progress: Callable[[], None]) -> None:
            try:
                with line.camera:  # what is closed takes its clip from the camera, so before it is left
                    line.pipeline.finish(self._play(line, stopping, progress))
            except CameraError as error:
                self._fail(line, error)
            line.gauge.set_state("offline")
            self._settle(line, stopping)

        return watch

    def _play(self, line: Line, stopping: threading.Event, progress: Callable[[], None]) -> CloseReason:
        """Frame by frame to the stream's end; why it ended."""
        while not stopping.is_set():
            try:
                for frame in line.camera.frames():
                    if stopping.is_set():
                        return _why_stopped(line)
                    self._look(line, frame)
                    progress()
                return _why_stopped(line) if stopping.is_set() else "ended"
            except CameraSilent as silence:
                progress()
                self._sit_out(line, str(silence))
            except CameraError as error:
                self._fail(line, error)
                return "camera_lost"
        return _why_stopped(line)

    def _settle(self, line: Line, stopping: threading.Event) -> None:
        """Waits until everything is committed: on a full disk until there is room, or until the box has to stop."""
        while (waiting := line.pipeline.settle()) or line.pipeline.awaiting:
            if stopping.wait(SETTLE_S):
                if not waiting:  # a second look that does not come any more is said at the next start
                    return
                self._failed.append(f"camera {line.camera.camera_id}")
                LOG.warning(
                    "camera %s: %d revisions could not be committed and are lost", line.camera.camera_id, waiting
                )
                return

    def _fail(self, line: Line, error: CameraError) -> None:
        name = f"camera {line.camera.camera_id}"
        self._failed.append(name)
        self._faults.rise(name, str(error))

    def _look(self, line: Line, frame: Frame) -> None:
        if not line.due(frame):
            return
        self._tell(line, line.look(frame, self._clock.monotonic_s(), self._lost_s))

    def _sit_out(self, line: Line, why: str) -> None:
        """A second without a picture, of a camera that goes on trying. Repeated, it closes what is open."""
        if line.gauge.paused:
            line.pipeline.finish("disabled")
            return
        silent_s = line.gauge.silent_s(self._clock.monotonic_s())
        if line.camera.fault is not None or silent_s >= DEGRADED_S:
            self._tell(line, why)
        if silent_s >= self._lost_s:
            line.pipeline.finish("camera_lost")

    def _tell(self, line: Line, fault: str | None) -> None:
        name = f"camera {line.camera.camera_id}"
        line.gauge.set_faulty(faulty=fault is not None)
        if fault is None:
            self._faults.clear(name)
        else:
            self._faults.rise(name, fault)

    @contextmanager
    def _until_signalled(self) -> Iterator[threading.Event]:
        """SIGTERM and the first Ctrl-C ask to stop; a second one ends the process at once."""
        stopping = threading.Event()

        def ask(number: int, _frame: FrameType | None) -> None:
            if stopping.is_set():
                raise KeyboardInterrupt
            LOG.info("%s: closing what is open", signal.Signals(number).name)
            stopping.set()

        before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield stopping
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _why_stopped(line: Line) -> CloseReason:
    return "disabled" if line.gauge.paused else "interrupted"
