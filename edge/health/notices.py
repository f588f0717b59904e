"""What a box shows of itself: what it runs, at the start and at each change, and stills of its cameras."""

import base64
import threading
from collections.abc import Callable, Mapping
from typing import Any, Literal

from contract import topics
from contract.command import BoxState
from contract.still import Still
from edge.clock import Clock
from edge.delivery.broker import Broker, Message
from edge.delivery.identity import Identity
from edge.evidence.stills import Glance

StateName = Literal["config", "rules", "models", "versions"]
States = Mapping[StateName, Callable[[], dict[str, Any]]]
LOOK_S = 1.0
STILL_EVERY_S = 300.0


class Notices:
    """states: what each `state/NAME` says now. stills: by camera; None while there is no picture."""

    def __init__(
        self,
        identity: Identity,
        broker: Broker,
        clock: Clock,
        *,
        states: States,
        stills: Mapping[str, Callable[[], Glance | None]],
    ) -> None:
        self._identity = identity
        self._broker = broker
        self._clock = clock
        self._states = dict(states)
        self._stills = dict(stills)
        self._said: dict[StateName, dict[str, Any]] = {}
        self._due_s: dict[str, float] = {}

    def run(self, stopping: threading.Event, progress: Callable[[], None]) -> None:
        while not stopping.is_set():
            self.step()
            progress()
            stopping.wait(LOOK_S)
        self.step()

    def step(self) -> None:
        """Sends what is new since the last connection began, and the stills that are due."""
        if not self._broker.connected:
            self._said.clear()  # a broker that was replaced has forgotten what it retained
            return
        for name, read in self._states.items():
            body = read()
            if self._said.get(name) != body and self._say_state(name, body):
                self._said[name] = body
        now_s = self._clock.monotonic_s()
        for camera_id, look in self._stills.items():
            if now_s >= self._due_s.get(camera_id, now_s):
                glance = look()
                if glance is not None and self._say_still(camera_id, glance):
                    self._due_s[camera_id] = now_s + STILL_EVERY_S

    def _say_state(self, name: StateName, body: dict[str, Any]) -> bool:
        state = BoxState(box_id=self._identity.box_id, name=name, session=self._identity.session, body=body)
        topic = str(topics.Topic(self._identity.box_id, "state", name))
        return self._broker.publish(Message(topic, self._identity.key.sign(state), retain=True)) is not None

    def _say_still(self, camera_id: str, glance: Glance) -> bool:
        jpeg = base64.b64encode(glance.jpeg).decode()
        still = Still(box_id=self._identity.box_id, camera_id=camera_id, captured=glance.captured, jpeg=jpeg)
        topic = str(topics.Topic(self._identity.box_id, "still", camera_id))
        return self._broker.publish(Message(topic, self._identity.key.sign(still))) is not None
