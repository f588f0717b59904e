"""The heartbeat says how the box is: in time, at once when that changes, and never what is not so."""

from pathlib import Path

import pytest

from contract import codec
from contract.document import Versions
from contract.heartbeat import Heartbeat
from contract.signing import SigningKey
from edge.delivery.faults import FAULTS_MAX, Faults
from edge.delivery.identity import Identity
from edge.delivery.memory_broker import MemoryBroker
from edge.delivery.outbox import Outbox
from edge.health.camera_gauge import CameraGauge
from edge.health.disk_space import read_disk
from edge.health.heartbeat import EVERY_S, Heartbeats
from tests.edge.delivery.drafts import BOX_KEY, Draft, SteppedClock, acknowledgement

CENTRE_KEY = SigningKey.generate()


class Bench:
    def __init__(self, folder: Path) -> None:
        self.clock, self.faults, self.hub = SteppedClock(), Faults(), MemoryBroker.Hub()
        self.outbox = Outbox(folder / "outbox.sqlite3", self.clock)
        self.gauge = CameraGauge("hall_1")
        self.heartbeats = Heartbeats(
            Identity("box-1", 7, BOX_KEY, CENTRE_KEY.public),
            Versions(software="0.1.0"),
            folder,
            cameras=[self.gauge],
            outbox=self.outbox,
            broker=MemoryBroker(self.hub, []),
            clock=self.clock,
            faults=self.faults,
        )

    def sent(self) -> list[Heartbeat]:
        self.heartbeats.step()
        payloads = [message.payload for message in self.hub.published]
        self.hub.published.clear()
        for payload in payloads:
            BOX_KEY.public.verify(codec.parse(payload, 131_072))
        return [codec.decode(codec.parse(payload, 131_072), Heartbeat) for payload in payloads]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_one_goes_every_thirty_seconds_and_not_more_often(bench: Bench) -> None:
    counts = []
    for _ in range(61):
        counts.append(len(bench.sent()))
        bench.clock.at_s += 1
    assert [at for at, count in enumerate(counts) if count] == [0, int(EVERY_S), int(2 * EVERY_S)]


def test_a_fault_a_lost_camera_or_a_rejected_report_is_told_at_once(bench: Bench) -> None:
    bench.sent()
    bench.faults.rise("publish", "refused 0x87")
    assert bench.sent()[0].faults == ("publish: refused 0x87",)
    bench.gauge.note(bench.clock.at_s, stream_s=1.0, frames_in=1, shed=0, detector_s=0.02, tracks=1)
    assert bench.sent()[0].cameras[0].state == "online"
    (revision,) = bench.outbox.commit([Draft()])
    bench.outbox.acknowledge(acknowledgement(revision, result="rejected"))
    assert bench.sent()[0].outbox.set_aside == 1
    assert bench.sent() == []


def test_it_carries_numbers_and_the_head_of_the_chain(bench: Bench) -> None:
    first, second = bench.outbox.commit([Draft(), Draft()])
    bench.outbox.acknowledge(acknowledgement(first))
    bench.clock.at_s += 12
    (heartbeat,) = bench.sent()
    assert (heartbeat.session, heartbeat.report_seq_high, heartbeat.report_seq_low) == (7, 2, 2)
    assert (heartbeat.chain.seq, heartbeat.chain.sha256) == (2, second.manifest_sha256)
    assert (heartbeat.outbox.rows, heartbeat.outbox.oldest_age_s, heartbeat.uptime_s) == (1, 12.0, 12.0)


def test_none_is_kept_for_later_and_one_goes_right_after_a_reconnect(bench: Bench) -> None:
    bench.sent()
    bench.hub.cut()
    bench.clock.at_s += 100
    assert bench.sent() == []
    bench.hub.restore()
    assert len(bench.sent()) == 1


def test_faults_are_bounded_and_end(bench: Bench) -> None:
    for number in range(FAULTS_MAX + 10):
        bench.faults.rise(f"fault{number}", "x" * 1000)
    assert len(bench.sent()[0].faults) == FAULTS_MAX
    for number in range(FAULTS_MAX + 10):
        bench.faults.clear(f"fault{number}")
    assert bench.sent()[0].faults == ()


def test_a_cameras_rates_are_of_the_last_seconds_and_fall_to_zero_when_it_stops() -> None:
    gauge = CameraGauge("hall_1")
    for frame in range(100):
        gauge.note(frame / 10, stream_s=frame / 10, frames_in=2 * frame, shed=frame, detector_s=0.02, tracks=3)
    reading = gauge.read(9.9)
    assert reading.fps_in == pytest.approx(20, rel=0.05)
    assert reading.fps_analysed == pytest.approx(10, rel=0.05)
    assert (reading.detector_ms, reading.tracks, reading.last_frame_age_s) == (20.0, 3, 0.0)
    later = gauge.read(30.0)
    assert (later.fps_in, later.fps_analysed) == (0.0, 0.0)
    gauge.set_state("offline")
    assert gauge.read(30.0).status().state == "offline"


def test_the_disk_is_measured_where_the_box_keeps_its_evidence(tmp_path: Path) -> None:
    assert read_disk(tmp_path).free_bytes > 0
    assert read_disk(tmp_path / "absent").state == "read_only"
