"""Two cameras at one network that is too slow for both: whose frames are shed, and what the heartbeat says of it."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from contract import codec
from contract.document import Versions
from contract.heartbeat import CameraStatus, Heartbeat
from contract.signing import SigningKey
from edge.analysis import Detectors
from edge.camera_line import Line
from edge.capture.decoder import Decoded, Picture
from edge.capture.frame import Frame
from edge.capture.live import LiveCamera, Patience
from edge.clock import SystemClock
from edge.delivery.faults import Faults
from edge.delivery.identity import Identity
from edge.delivery.memory_broker import MemoryBroker
from edge.delivery.outbox import Outbox
from edge.detection.detector import FrameDetector
from edge.detection.network import Network
from edge.health.camera_gauge import CameraGauge
from edge.health.heartbeat import Heartbeats
from edge.settings import Settings
from models.engine.engine import Engine, Tensor
from models.registry import find_package
from tests.edge.idle_analysis import IdleAnalysis

FPS = 20
SECONDS = 5.0
LOOK_S = 0.04  # of one picture: each camera alone takes four fifths of the network
BOX_KEY = SigningKey.generate()
CENTRAL = {"url": "http://127.0.0.1:8080", "broker": "mqtt://127.0.0.1:1883", "public_key": "A" * 43 + "="}


class Slow(Engine):
    """Sees nothing, and takes its time for it."""

    name = "slow"
    inputs = (Tensor("images", (None, 3, None, None), "float32"),)
    outputs = (Tensor("output", (None, None, 6), "float32"),)

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        time.sleep(LOOK_S)
        return [np.zeros((len(feeds["images"]), 300, 6), np.float32)]


class Grey(Decoded):
    pts = None

    def pixels(self) -> NDArray[np.uint8]:
        return np.zeros((180, 320, 3), np.uint8)


class GreyCamera(LiveCamera):
    """Grey pictures at FPS, as a network camera sends them, whoever takes them."""

    def open(self) -> None:
        return

    def pictures(self) -> Iterator[Picture]:
        began_s = time.monotonic()
        for number in range(round(SECONDS * FPS)):
            self.stopping.wait(max(0.0, began_s + number / FPS - time.monotonic()))
            yield Picture(number / FPS, Grey())


@dataclass
class Seen:
    detect_s: float
    tracks: int = 0


class Looking(IdleAnalysis):
    """Of a line's analysis only the detector."""

    def __init__(self, detector: FrameDetector) -> None:
        self.looks = 0
        self._detector = detector

    def step(self, frame: Frame) -> Seen:
        began_s = time.monotonic()
        self._detector.detect(frame)
        self.looks += 1
        return Seen(time.monotonic() - began_s)


def played(line: Line) -> None:
    with line.camera:
        for frame in line.camera.frames():
            line.look(frame, SystemClock().monotonic_s(), lost_s=30.0)


def heartbeat_of(folder: Path, gauges: list[CameraGauge]) -> Heartbeat:
    hub, clock = MemoryBroker.Hub(), SystemClock()
    Heartbeats(
        Identity("box-1", 1, BOX_KEY, SigningKey.generate().public),
        Versions(software="0.1.0"),
        folder,
        cameras=gauges,
        outbox=Outbox(folder / "outbox.sqlite3", clock),
        broker=MemoryBroker(hub, []),
        clock=clock,
        faults=Faults(),
    ).step()
    return codec.decode(codec.parse(hub.published[0].payload, 131_072), Heartbeat)


@pytest.fixture
def overloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, tuple[CameraStatus, int]]]:
    """What the heartbeat says of each camera of a box, and how often it was looked at, by its importance."""

    def run(**importance: str) -> dict[str, tuple[CameraStatus, int]]:
        cameras = {name: {"source": "rtsp://gate/1", "importance": given} for name, given in importance.items()}
        settings = Settings.check(
            {"box_id": "box-1", "central": CENTRAL, "cameras": cameras, "detector": {"motion_gate": False}}, "box.yaml"
        )
        monkeypatch.setattr("edge.analysis.open_network", lambda *_: Network(find_package(), Slow()))
        detectors = Detectors(settings, tmp_path, Faults())
        lines, looking = [], {}
        for name, facts in settings.cameras.items():
            looking[name] = Looking(detectors.of(facts))
            lines.append(Line(GreyCamera(name, name, SystemClock(), Patience()), looking[name], CameraGauge(name)))
        threads = [threading.Thread(target=played, args=(line,)) for line in lines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        told = heartbeat_of(tmp_path, [line.gauge for line in lines]).cameras
        return {one.camera_id: (one, looking[one.camera_id].looks) for one in told}

    return run


def test_the_camera_of_low_importance_loses_its_frames_first_and_the_heartbeat_counts_them(
    overloaded: Callable[..., dict[str, tuple[CameraStatus, int]]],
) -> None:
    told = overloaded(gate="normal", yard="low")
    (gate, gate_looks), (yard, yard_looks) = told["gate"], told["yard"]
    frames = round(SECONDS * FPS)
    for status, looks in told.values():
        assert frames - 1 <= status.shed + looks <= frames, "every frame was looked at or is counted as shed"
    assert yard.shed >= 0.4 * frames
    assert yard.shed >= 1.4 * gate.shed
    assert gate_looks >= 1.7 * yard_looks, "1.8 to 1.9 times; cameras of one importance: as often"
    assert yard_looks >= 3, "it is not forgotten either"


def test_cameras_of_one_importance_share_what_there_is(
    overloaded: Callable[..., dict[str, tuple[CameraStatus, int]]],
) -> None:
    told = overloaded(gate="low", yard="low")
    sheds = [status.shed for status, _ in told.values()]
    assert min(sheds) >= 0.15 * SECONDS * FPS
    assert max(sheds) <= 1.5 * min(sheds)
