"""The supervisor runs cameras and link together, ends when all is delivered, and dies loudly rather than half."""

import itertools
import json
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract import codec
from contract.acknowledgement import Acknowledgement, FileReceipt, ReportReceipt
from contract.document import Versions
from contract.incident_report import CloseReason
from contract.signing import SigningKey
from edge.camera_line import Line
from edge.capture.camera import Camera, CameraError
from edge.capture.frame import Frame
from edge.clock import SystemClock
from edge.delivery.broker import Message, Received
from edge.delivery.command_desk import CommandDesk
from edge.delivery.faults import Faults
from edge.delivery.identity import Identity
from edge.delivery.memory_broker import MemoryBroker
from edge.delivery.outbox import Outbox
from edge.delivery.publisher import Publisher
from edge.delivery.uploader import Uploader, make_client
from edge.health.camera_gauge import CameraGauge
from edge.health.heartbeat import Heartbeats
from edge.health.notices import Notices
from edge.health.status import BoxStatus, Display
from edge.health.view_watch import ViewWatch, view_file
from edge.supervisor import Link, Supervisor, SupervisorError
from tests.edge.delivery.drafts import BOX_KEY, Draft, next_draft
from tests.integration.still_camera import SilentCamera, StillCamera
from tests.processes import eventually
from tests.tus_server import MediaStore, media_store

CENTRE_KEY = SigningKey.generate()
REPORTS, ANSWERS = "xunjian/v1/box-1/incident", "xunjian/v1/box-1/acknowledgement"


@dataclass
class Step:
    detect_s: float = 0.001
    tracks: int = 1


@dataclass
class OneIncident:
    """Opens an incident with the first frame and closes it at the end. settling: what still waits, at each try."""

    outbox: Outbox
    faults: Faults
    draft: Draft = field(default_factory=Draft)
    reason: str = ""
    settling: Iterator[int] = field(default_factory=lambda: iter(()))
    finished: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    stepped: int = 0
    awaiting: int = 0

    def step(self, frame: Frame, /) -> Step:
        self.stepped += 1
        if frame.index == 0:
            self.outbox.commit([self.draft])
        return Step()

    def finish(self, reason: CloseReason, /) -> object:
        self.reason = reason
        self.finished.append((reason, self.faults.current()))
        return self.outbox.commit([next_draft(self.draft, "close")]) if len(self.finished) == 1 else ()

    def set_moved(self, *, moved: bool) -> None:
        return

    def settle(self) -> int:
        return next(self.settling, 0)


class Shown(Display):
    def __init__(self) -> None:
        self.statuses: list[BoxStatus] = []

    def show(self, status: BoxStatus) -> None:
        self.statuses.append(status)


@dataclass
class Bench:
    outbox: Outbox
    store: MediaStore
    folder: Path
    faults: Faults = field(default_factory=Faults)
    hub: MemoryBroker.Hub = field(default_factory=MemoryBroker.Hub)
    shown: Shown = field(default_factory=Shown)

    def supervisor(self, camera: Camera, watch: ViewWatch | None = None) -> Supervisor:
        self.analysis = OneIncident(self.outbox, self.faults)
        clock, gauge = SystemClock(), CameraGauge(camera.camera_id)
        identity = Identity("box-1", 1, BOX_KEY, CENTRE_KEY.public)
        broker = MemoryBroker(self.hub, [ANSWERS])
        common = {"outbox": self.outbox, "clock": clock, "faults": self.faults}
        heartbeats = Heartbeats(
            identity,
            Versions(software="0.1.0"),
            self.folder,
            cameras=[gauge],
            broker=broker,
            **common,  # type: ignore[arg-type]
        )
        uploader = Uploader(self.store.url, "box-1", self.outbox, clock, faults=self.faults, client=make_client())
        publisher = Publisher(identity, self.outbox, broker, clock, self.faults)
        desk = CommandDesk(identity, self.outbox, broker, clock, faults=self.faults, handlers={})
        link = Link(
            broker, publisher, uploader, heartbeats, desk, Notices(identity, broker, clock, states={}, stills={})
        )
        return Supervisor([Line(camera, self.analysis, gauge, watch=watch)], link, **common)  # type: ignore[arg-type]


class Centre:
    """Takes everything in and acknowledges it, until it is told to stop."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.stopping = bench, threading.Event()
        self.broker = MemoryBroker(bench.hub, [REPORTS])
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        told: set[str] = set()
        while not self.stopping.wait(0.02):
            self.broker.deliver(self._take)
            fresh = {sha256: data for sha256, data in self.bench.store.held.items() if sha256 not in told}
            receipts = [FileReceipt(sha256=sha256, bytes=len(data), result="stored") for sha256, data in fresh.items()]
            if receipts:
                told |= set(fresh)
                self._say(Acknowledgement(box_id="box-1", files=tuple(receipts)))

    def _take(self, event: object) -> None:
        if isinstance(event, Received):
            value = codec.parse(event.payload, 131_072)
            names = {name: value[name] for name in ("report_seq", "incident_id", "revision")}
            receipt = ReportReceipt(**names, sha256=codec.sha256_hex(event.payload), result="stored")
            self._say(Acknowledgement(box_id="box-1", reports=(receipt,)))

    def _say(self, acknowledgement: Acknowledgement) -> None:
        self.broker.publish(Message(ANSWERS, CENTRE_KEY.sign(acknowledgement)))

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join(5)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Outbox(tmp_path / "outbox.sqlite3", SystemClock()) as outbox, media_store() as store:
        yield Bench(outbox, store, tmp_path)


@pytest.fixture
def centre(bench: Bench) -> Iterator[Centre]:
    centre = Centre(bench)
    yield centre
    centre.stop()


def test_a_run_ends_with_zero_when_every_file_ended_and_everything_is_delivered(bench: Bench, centre: Centre) -> None:
    assert bench.supervisor(StillCamera(5)).run(bench.shown) == 0
    assert bench.analysis.reason == "ended"
    last = bench.shown.statuses[-1]
    assert (last.incidents, last.outbox, last.acknowledged, last.files_pending) == (1, 0, 2, 0)
    said = json.loads(bench.shown.statuses[0].to_json())
    assert set(said) == {"cameras", "incidents", "outbox", "acknowledged", "files_pending", "connected"}
    assert set(said["cameras"][0]) == {
        "camera_id", "state", "stream_s", "fps_in", "fps_analysed", "detector_ms", "tracks", "shed",
    }  # fmt: skip
    kinds = [message.topic.rsplit("/", 1)[1] for message in bench.hub.published]
    assert {"availability", "heartbeat", "incident"} <= set(kinds)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_what_is_open_as_interrupted_and_commits_it(bench: Bench, number: signal.Signals) -> None:
    def interrupt() -> None:
        eventually(lambda: bench.outbox.depth().rows == 1, 5, "the incident is open")
        os.kill(os.getpid(), number)

    threading.Thread(target=interrupt).start()
    assert bench.supervisor(StillCamera(100_000)).run(bench.shown) == 0
    assert bench.analysis.reason == "interrupted"
    assert (bench.outbox.depth().rows, bench.outbox.open_incidents()) == (2, ())


def test_without_a_centre_a_run_waits_and_nothing_is_given_up(bench: Bench) -> None:
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    bench.supervisor(StillCamera(2)).run(bench.shown)
    assert bench.outbox.depth().rows == 2


def test_a_run_goes_on_until_a_disk_that_was_full_has_taken_everything(bench: Bench, centre: Centre) -> None:
    supervisor = bench.supervisor(StillCamera(2))
    bench.analysis.settling = iter((2, 1))
    assert supervisor.run(bench.shown) == 0
    assert next(bench.analysis.settling, None) is None, "asked until nothing waited"


def test_a_box_that_must_stop_with_a_full_disk_says_what_is_lost_and_ends_with_one(
    bench: Bench, centre: Centre, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor = bench.supervisor(StillCamera(2))
    bench.analysis.settling = itertools.repeat(3)
    threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert supervisor.run(bench.shown) == 1
    assert "camera hall_1: 3 revisions could not be committed and are lost" in caplog.text


def test_a_camera_that_is_lost_closes_its_incident_and_is_a_fault_and_exit_one(bench: Bench, centre: Centre) -> None:
    def lose() -> None:
        raise CameraError("rtsp://camera: no packet for 10 s; see to its cable")

    assert bench.supervisor(StillCamera(3, lose)).run(bench.shown) == 1
    assert bench.analysis.reason == "camera_lost"
    assert bench.faults.current() == ("camera hall_1: rtsp://camera: no packet for 10 s; see to its cable",)


def test_a_camera_that_falls_silent_is_waited_for_and_its_incident_closed_after_the_stated_time(
    bench: Bench, centre: Centre
) -> None:
    """It goes on trying by itself: no failure of the box, no end of the run; what comes later is looked at again."""
    camera = SilentCamera(frames_max=3, silences=12, why="rtsp://camera: nothing more came in time; check the network")
    supervisor = bench.supervisor(camera)
    supervisor._lost_s = 0.3
    assert supervisor.run(bench.shown) == 0
    lost = bench.analysis.finished
    assert lost[0] == ("camera_lost", ("camera hall_1: rtsp://camera: nothing more came in time; check the network",))
    assert lost[-1] == ("ended", ()), "frames came again, so the fault was over"
    assert camera.frames_in == 6


def test_a_camera_that_is_covered_is_blind_not_analysed_and_its_incident_closed(bench: Bench, centre: Centre) -> None:
    """Its pictures are black: 5 s of the stream, then lost_s by the clock."""
    supervisor = bench.supervisor(StillCamera(260), ViewWatch(view_file(bench.folder, "hall_1")))
    supervisor._lost_s = 0.3
    assert supervisor.run(bench.shown) == 0
    looked = [camera for status in bench.shown.statuses for camera in status.cameras]
    assert "blind" in {camera.state for camera in looked}
    assert 40 <= bench.analysis.stepped <= 60, "nothing is looked for in what shows nothing"
    reason, faults = bench.analysis.finished[0]
    assert reason == "camera_lost"
    assert "check that nothing covers the lens" in faults[0]


def test_a_part_that_dies_ends_the_run_with_one_line_that_names_it(bench: Bench) -> None:
    def break_down() -> None:
        raise RuntimeError("the graph has no output")

    with pytest.raises(SupervisorError, match="camera hall_1 died: the graph has no output"):
        bench.supervisor(StillCamera(3, break_down)).run(bench.shown)


def test_a_link_that_dies_ends_the_run_too(bench: Bench) -> None:
    supervisor = bench.supervisor(StillCamera(100_000))
    bench.outbox.due = lambda *_: 1 / 0  # type: ignore[method-assign, assignment]
    with pytest.raises(SupervisorError, match="publisher died: division by zero"):
        supervisor.run(bench.shown)


def test_what_the_centre_refused_makes_a_run_end_with_one(bench: Bench) -> None:
    centre = Centre(bench)
    centre._say = lambda said: centre.broker.publish(  # type: ignore[method-assign, assignment]
        Message(ANSWERS, CENTRE_KEY.sign(said.model_copy(update={"reports": tuple(
            one.model_copy(update={"result": "rejected", "reason": "schema"}) for one in said.reports
        )})))
    )  # fmt: skip
    try:
        assert bench.supervisor(StillCamera(2)).run(bench.shown) == 1
    finally:
        centre.stop()
    assert bench.outbox.depth().set_aside == 2
