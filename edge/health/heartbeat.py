"""The heartbeat: how this box is, every 30 seconds and at once when its state changes."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from contract import topics
from contract.document import ClockQuality, Versions
from contract.heartbeat import Heartbeat, OutboxState, VerifierState
from edge.clock import Clock
from edge.delivery.broker import Broker, Message
from edge.delivery.faults import Faults
from edge.delivery.identity import Identity
from edge.delivery.outbox import Outbox
from edge.health.camera_gauge import CameraGauge
from edge.health.disk_space import read_disk

EVERY_S = 30.0
LOOK_S = 1.0


class Heartbeats:
    """Sent only while connected: an old heartbeat is of no use to anybody."""

    def __init__(
        self,
        identity: Identity,
        versions: Versions,
        folder: Path,
        *,
        cameras: Sequence[CameraGauge],
        outbox: Outbox,
        broker: Broker,
        clock: Clock,
        faults: Faults,
        verifier: Callable[[], VerifierState] = VerifierState,
    ) -> None:
        self._identity = identity
        self._versions = versions
        self._folder = folder
        self._cameras = tuple(cameras)
        self._outbox = outbox
        self._broker = broker
        self._clock = clock
        self._faults = faults
        self._verifier = verifier
        self._started_s = clock.monotonic_s()
        self._sent_s = float("-inf")
        self._sent_state: object = None
        self._topic = str(topics.Topic(identity.box_id, "heartbeat"))

    def run(self, stopping: threading.Event, progress: Callable[[], None]) -> None:
        while not stopping.is_set():
            self.step()
            progress()
            stopping.wait(LOOK_S)
        self.step()

    def step(self) -> None:
        """Sends one when it is time for it, or when the state is another than in the last one."""
        if not self._broker.connected:
            self._sent_state = None  # after a reconnect the centre hears at once
            return
        heartbeat = self.read()
        state = (
            [(camera.camera_id, camera.state) for camera in heartbeat.cameras],
            heartbeat.faults,
            heartbeat.disk.state,
            heartbeat.outbox.set_aside,
            heartbeat.clock.state,
            heartbeat.verifier.state == "failed",
        )
        now_s = self._clock.monotonic_s()
        if state == self._sent_state and now_s - self._sent_s < EVERY_S:
            return
        if self._broker.publish(Message(self._topic, self._identity.key.sign(heartbeat))) is not None:
            self._sent_s, self._sent_state = now_s, state

    def read(self) -> Heartbeat:
        depth = self._outbox.depth()
        moment = self._clock.now()
        now_s = self._clock.monotonic_s()
        quality = moment.quality
        return Heartbeat(
            box_id=self._identity.box_id,
            session=self._identity.session,
            sent=moment.wall,
            uptime_s=round(max(0.0, now_s - self._started_s), 3),
            clock=ClockQuality(state=quality.state, offset_ms=quality.offset_ms, source=quality.source),
            report_seq_high=depth.report_seq_high,
            report_seq_low=depth.report_seq_low,
            chain=self._outbox.chain_head(),
            outbox=OutboxState(rows=depth.rows, oldest_age_s=depth.oldest_age_s, set_aside=depth.set_aside),
            cameras=tuple(gauge.read(now_s).status() for gauge in self._cameras),
            verifier=self._verifier(),
            disk=read_disk(self._folder),
            versions=self._versions,
            faults=self._faults.current(),
        )
