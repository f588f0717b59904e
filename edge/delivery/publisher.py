"""Sends what the outbox holds, as often as needed, and frees it only by the centre's signed acknowledgement."""

import logging
import queue
import random
import threading
from collections.abc import Callable

from contract import codec, topics
from contract.acknowledgement import Acknowledgement
from contract.errors import ContractError
from contract.heartbeat import Availability
from edge.backoff import Backoff
from edge.clock import Clock
from edge.delivery.broker import (
    ACCEPTED,
    NO_SUBSCRIBERS,
    Answered,
    Broker,
    BrokerEvent,
    Connected,
    Disconnected,
    Message,
    Received,
)
from edge.delivery.faults import Faults
from edge.delivery.identity import Identity
from edge.delivery.outbox import Outbox
from edge.delivery.queued import QueuedReport

WINDOW_ROWS = 64  # sent and not yet acknowledged
LIVE_ROWS = 16  # beyond the window, for live reports only: a backlog without answers never holds them up
URGENT_ROWS = 8  # beyond both, for those of severity `safety`
ANSWER = Backoff(first_s=4.0, most_s=20.0)  # how long the centre gets before a report is sent again
URGENT_ANSWER = Backoff(first_s=1.0, most_s=5.0)  # the broker may have lost it while the centre was just coming back
REFUSED = {
    "conflict": "another device reports with this box's key and numbers: stop one of the two and introduce it with a"
    " token of its own; its reports are kept",
    "signature": "the centre knows this box's id with another key: introduce this box with a token of its own",
}
EVENTS_MAX = 2048
IDLE_S = 0.5
LOG = logging.getLogger(__name__)


class Wake:
    """Something changed in the outbox."""


class Publisher:
    """Everything happens on the thread that calls `run`; `handle` and `wake` only leave a note for it."""

    def __init__(self, identity: Identity, outbox: Outbox, broker: Broker, clock: Clock, faults: Faults) -> None:
        self._identity = identity
        self._outbox = outbox
        self._broker = broker
        self._clock = clock
        self._faults = faults
        self._events: queue.Queue[BrokerEvent | Wake] = queue.Queue(EVENTS_MAX)
        self._in_flight: dict[int, int] = {}
        self._answered_s = clock.monotonic_s()
        self._topic = str(topics.Topic(identity.box_id, "incident"))
        self._acknowledgements = str(topics.Topic(identity.box_id, "acknowledgement"))
        outbox.on_change(self.wake)

    def run(self, stopping: threading.Event, progress: Callable[[], None]) -> None:
        while not stopping.is_set():
            self.step(IDLE_S)
            progress()
        self._publish_availability("offline")

    def handle(self, event: BrokerEvent) -> None:
        """What the broker's thread calls. A dropped event costs one resend, never a report."""
        try:
            self._events.put_nowait(event)
        except queue.Full:
            LOG.debug("dropped %s", event)

    def wake(self) -> None:
        if self._events.empty():
            try:
                self._events.put_nowait(Wake())
            except queue.Full:
                return

    def step(self, timeout_s: float) -> None:
        """Takes in what happened, waiting at most timeout_s for the first of it, then sends what is due."""
        acknowledgements: list[Acknowledgement] = []
        try:
            event = self._events.get(timeout=timeout_s) if timeout_s else self._events.get_nowait()
            for _ in range(EVENTS_MAX):
                self._take(event, acknowledgements)
                event = self._events.get_nowait()
        except queue.Empty:
            pass
        if acknowledgements:
            self._apply(acknowledgements)
        if self._broker.connected:
            self._send_due()

    def _take(self, event: BrokerEvent | Wake, acknowledgements: list[Acknowledgement]) -> None:
        match event:
            case Connected():
                self._faults.clear("broker")
                self._in_flight.clear()
                self._outbox.forget_attempts()
                self._publish_availability("online")
            case Disconnected(reason, taken_over):
                self._in_flight.clear()
                self._faults.rise("identity" if taken_over else "broker", reason)  # a copy stays said: it comes again
            case Answered():
                self._note_answer(event)
            case Received(topic, payload) if topic == self._acknowledgements:
                acknowledgement = self._read_acknowledgement(payload)
                if acknowledgement is not None:
                    acknowledgements.append(acknowledgement)

    def _note_answer(self, answer: Answered) -> None:
        """Whatever the broker says about a report, its row stays."""
        report_seq = self._in_flight.pop(answer.token, None)
        if report_seq is None:
            return
        if answer.code == ACCEPTED:
            self._faults.clear("publish")
        elif answer.code == NO_SUBSCRIBERS:
            self._faults.rise("publish", f"the broker has no subscriber for {self._topic}: is the centre running?")
        else:
            self._faults.rise(
                "publish",
                f"the broker refused {self._topic}: {answer.text} ({answer.code:#04x}); see to its ACL, quota",
            )

    def _read_acknowledgement(self, payload: bytes) -> Acknowledgement | None:
        try:
            value = codec.parse(payload, topics.PAYLOAD_BYTES_MAX)
            self._identity.centre_key.verify(value)
            acknowledgement = codec.decode(value, Acknowledgement)
        except ContractError as error:
            self._faults.rise("acknowledgement", f"not the centre's: {error}")
            return None
        if acknowledgement.box_id != self._identity.box_id:
            self._faults.rise("acknowledgement", f"for {acknowledgement.box_id}, this is {self._identity.box_id}")
            return None
        return acknowledgement

    def _apply(self, acknowledgements: list[Acknowledgement]) -> None:
        self._faults.clear("acknowledgement")
        self._outbox.acknowledge(*acknowledgements)
        for reason in sorted({one.reason for each in acknowledgements for one in each.reports if one.reason}):
            self._faults.rise("refused", REFUSED.get(reason, f"the centre refuses reports ({reason}); they are kept"))
        now_s = self._clock.monotonic_s()
        if now_s - self._answered_s > ANSWER.first_s:  # the centre is back: what it missed need not wait its turn
            self._outbox.forget_attempts()
        self._answered_s = now_s

    def _send_due(self) -> None:
        now_s = self._clock.monotonic_s()
        waiting = self._outbox.waiting(now_s)
        for report in self._outbox.due(now_s, WINDOW_ROWS + LIVE_ROWS + URGENT_ROWS - waiting):
            if waiting >= _room_for(report):
                return
            answer = URGENT_ANSWER if report.urgent else ANSWER
            delay_s = answer.delay_s(report.tries, random.random())  # noqa: S311 - jitter, no secret
            if len(report.payload) > self._broker.payload_bytes_max:
                self._faults.rise(
                    "publish", f"report {report.report_seq} has {len(report.payload)} bytes, more than the broker takes"
                )
                self._outbox.sent(report.report_seq, now_s + delay_s)
                continue
            token = self._broker.publish(Message(self._topic, report.payload))
            if token is None:
                return
            self._in_flight[token] = report.report_seq
            self._outbox.sent(report.report_seq, now_s + delay_s)
            waiting += 1

    def _publish_availability(self, state: str) -> None:
        self._broker.publish(availability(self._identity, state))


def _room_for(report: QueuedReport) -> int:
    if report.urgent:
        return WINDOW_ROWS + LIVE_ROWS + URGENT_ROWS
    return WINDOW_ROWS + LIVE_ROWS if report.live else WINDOW_ROWS


def availability(identity: Identity, state: str) -> Message:
    """The retained word whether a box is there; `offline` is also its last will."""
    document = Availability.model_validate({"box_id": identity.box_id, "state": state, "session": identity.session})
    return Message(str(topics.Topic(identity.box_id, "availability")), identity.key.sign(document), retain=True)
