"""The centre's end of MQTT 5 (OASIS mqtt-v5.0), by paho-mqtt.

A message is acknowledged to the broker after its transaction has committed; until then the broker keeps it for us, as
long as the broker lives. What it loses all the same, the boxes send again: only our signed acknowledgement frees them.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from central.clock import Now
from central.errors import StorageError
from central.ingest.intake import MESSAGES_PER_BATCH_MAX
from central.ingest.message import Message, Outgoing
from central.metrics import Counters
from central.settings import Address
from contract import topics

KINDS = ("incident", "heartbeat", "availability", "state", "still", "result")
KEEPALIVE_S = 15
SESSION_EXPIRY_S = 7 * 86_400
RECEIVE_MAX = 200  # how many the broker may have under way to us: the bound of the queue
PACKET_BYTES_MAX = 2 * topics.PAYLOAD_BYTES_MAX
QUEUED_ANSWERS_MAX = 2000
QUEUE_POLL_S = 0.2
SUBSCRIBE_RETRY_S = 15.0
STORAGE_RETRY_S = (0.5, 30.0)
STOP_WAIT_S = 10.0

log = logging.getLogger(__name__)

Take = Callable[[Sequence[Message]], list[Outgoing]]
Waiting = tuple[Message, int, int, int]  # message, packet id, QoS, connection


class Subscriber:
    """take: `Intake.take`; called by one thread, with everything that is waiting as one batch."""

    def __init__(self, address: Address, client_id: str, take: Take, counters: Counters, now: Now) -> None:
        self._address = address
        self._take = take
        self._counters = counters
        self._now = now
        self._queue: queue.Queue[Waiting] = queue.Queue(maxsize=2 * RECEIVE_MAX)
        self._stopping = threading.Event()
        self._subscribed = threading.Event()
        self._ask_again_at: float | None = None  # monotonic
        self._connection = 0  # packet ids mean nothing on another connection
        self._worker = threading.Thread(target=self._work, name="intake", daemon=True)
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5, manual_ack=True)
        client.max_inflight_messages_set(RECEIVE_MAX)
        client.max_queued_messages_set(QUEUED_ANSWERS_MAX)
        client.reconnect_delay_set(min_delay=1, max_delay=15)
        client.connect_timeout = 5.0
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self._client = client
        counters.gauge("broker_subscribed", lambda: float(self.subscribed))
        counters.gauge("intake_queue_messages", self._queue.qsize)

    @property
    def subscribed(self) -> bool:
        return self._subscribed.is_set()

    def start(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = RECEIVE_MAX
        properties.MaximumPacketSize = PACKET_BYTES_MAX
        self._client.connect_async(
            self._address.host, self._address.port, KEEPALIVE_S, clean_start=False, properties=properties
        )
        self._worker.start()
        self._client.loop_start()  # not loop_forever in a thread of ours: then two threads would write one socket

    def stop(self) -> None:
        """What is not committed by now stays with the broker."""
        self._stopping.set()
        self._worker.join(STOP_WAIT_S)
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, answers: Sequence[Outgoing]) -> None:
        """From any thread. An answer that gets lost is asked for again: the box sends its report once more."""
        for answer in answers:
            if self._client.publish(answer.topic, answer.payload, qos=1).rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
                self._counters.add("answers_lost")

    def _on_connect(self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.error("the broker at %s:%d refuses us: %s", self._address.host, self._address.port, reason)
            return
        self._connection += 1
        self._subscribe()

    def _subscribe(self) -> None:
        self._ask_again_at = None
        self._client.subscribe([(topics.every_box(kind), 1) for kind in KINDS])

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            log.error("the broker refuses our subscription (%s): let the centre read %s/#", refused[0], topics.PREFIX)
            self._ask_again_at = time.monotonic() + SUBSCRIBE_RETRY_S
            return
        self._subscribed.set()
        log.info("subscribed at %s:%d", self._address.host, self._address.port)

    def _on_connect_fail(self, _client: paho.Client, _data: Any) -> None:
        if self._counters.worth_a_line("broker_connections", "failed"):
            log.warning("no broker at %s:%d yet: trying again", self._address.host, self._address.port)

    def _on_disconnect(self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._subscribed.clear()
        if not self._stopping.is_set() and self._counters.worth_a_line("broker_connections", "broken"):
            log.warning("the connection to the broker ended (%s): connecting again", reason)

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        arrived = Message(message.topic, bytes(message.payload), self._now())
        while not self._stopping.is_set():  # a full queue stops the reading, and so the broker
            with contextlib.suppress(queue.Full):
                self._queue.put((arrived, message.mid, message.qos, self._connection), timeout=QUEUE_POLL_S)
                return

    def _work(self) -> None:
        delay_s, most_s = STORAGE_RETRY_S
        while not self._stopping.is_set():
            if self._ask_again_at is not None and time.monotonic() >= self._ask_again_at:
                self._subscribe()
            batch = self._next_batch()
            while batch and not self._stopping.is_set():
                try:
                    self._process(batch)
                    batch, delay_s = [], STORAGE_RETRY_S[0]
                except StorageError as error:
                    log.error("reports wait, nothing is acknowledged: %s", error)  # noqa: TRY400 - the line says all
                    self._counters.add("storage_failures")
                    self._stopping.wait(delay_s)
                    delay_s = min(2 * delay_s, most_s)

    def _next_batch(self) -> list[Waiting]:
        """Everything that is waiting, up to one batch: while one commits, the next gathers."""
        batch: list[Waiting] = []
        with contextlib.suppress(queue.Empty):
            batch.append(self._queue.get(timeout=QUEUE_POLL_S))
            while len(batch) < MESSAGES_PER_BATCH_MAX:
                batch.append(self._queue.get_nowait())
        return batch

    def _process(self, batch: list[Waiting]) -> None:
        try:
            self.send(self._take([message for message, _, _, _ in batch]))
        except StorageError:
            raise
        except Exception:  # the edge of the process: one message must not stop all others
            if len(batch) > 1:
                for waiting in batch:
                    self._process([waiting])
                return
            self._counters.add("dropped", "fault")
            log.exception("a message in %s could not be taken", batch[0][0].topic[:120])
        for _, packet_id, qos, connection in batch:
            if connection == self._connection:
                self._client.ack(packet_id, qos)
