"""The broker port over MQTT 5 (OASIS mqtt-v5.0), by paho-mqtt.

paho hides three things that matter here: it wipes the session at every start unless `clean_start` is False, it calls a
message published whatever the reason code, and its own reconnect has no jitter. So this file connects by itself.
"""

import contextlib
import logging
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.backoff import Backoff
from edge.delivery.broker import (
    Answered,
    Broker,
    BrokerAddress,
    BrokerEvent,
    Connected,
    Disconnected,
    Message,
    Received,
)

KEEPALIVE_S = 20
CONNECT_TIMEOUT_S = 5.0
TCP_USER_TIMEOUT_MS = 15_000  # a half-open connection is found by its unacknowledged bytes, not by the next keepalive
SESSION_EXPIRY_S = 86_400
WILL_DELAY_S = 30  # a short break is no reason to call a box offline
IN_FLIGHT_MAX = 64
SESSION_TAKEN_OVER = 0x8E
RECONNECT = Backoff(first_s=0.2, most_s=15.0)
PAYLOAD_BYTES_DEFAULT = 268_435_455 - 1024  # MQTT's own limit, less the header and the topic
LOG = logging.getLogger(__name__)


class MqttBroker(Broker):
    """client_id: of this box alone: a second client of the same name ends this one's connection. will: sent by the
    broker when this client goes without saying so.
    """

    def __init__(
        self,
        address: BrokerAddress,
        client_id: str,
        will: Message,
        filters: Sequence[str],
        backoff: Backoff = RECONNECT,
    ) -> None:
        self._address = address
        self._filters = tuple(filters)
        self._backoff = backoff
        self._handle: Callable[[BrokerEvent], None] = _nowhere
        self._connected = threading.Event()
        self._client_id = client_id
        self._payload_bytes_max = PAYLOAD_BYTES_DEFAULT
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(IN_FLIGHT_MAX)
        client.max_queued_messages_set(2 * IN_FLIGHT_MAX)
        will_properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
        will_properties.WillDelayInterval = WILL_DELAY_S
        client.will_set(will.topic, will.payload, qos=1, retain=will.retain, properties=will_properties)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        # With this hook set paho leaves all writing to the loop's thread; without it two threads write one socket.
        client.on_socket_register_write = _left_to_the_loop
        self._client = client

    def run(self, stopping: threading.Event, handle: Callable[[BrokerEvent], None]) -> None:
        self._handle = handle
        tries = 0
        while not stopping.is_set():
            error = self._connect()
            if error is None:
                began_s = time.monotonic()
                was_up = self._serve(stopping)
                # Two copies of one box end each other's connection: they take turns, not as fast as they can.
                lasted = was_up and time.monotonic() - began_s > 2 * self._backoff.most_s
                tries = 0 if lasted else tries + 1
            else:
                tries += 1
                handle(Disconnected(f"{self._address} cannot be reached: {error}"))
            stopping.wait(self._backoff.delay_s(max(tries - 1, 0), random.random()))  # noqa: S311 - jitter, no secret
        self._leave()

    def publish(self, message: Message) -> int | None:
        if not self.connected:
            return None  # paho would queue it in memory and send it after the reconnect, older than what is due then
        sent = self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        return sent.mid if sent.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    @property
    def connected(self) -> bool:
        return self._connected.is_set()

    @property
    def payload_bytes_max(self) -> int:
        return self._payload_bytes_max

    def _connect(self) -> OSError | None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = IN_FLIGHT_MAX
        try:
            self._client.connect(
                self._address.host,
                self._address.port,
                keepalive=KEEPALIVE_S,
                clean_start=False,
                properties=properties,
            )
        except OSError as error:
            return error
        link = self._client.socket()
        with contextlib.suppress(OSError, AttributeError):  # gone again already: the loop will say so
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TCP_USER_TIMEOUT_MS)  # type: ignore[union-attr]
        return None

    def _serve(self, stopping: threading.Event) -> bool:
        """Until the connection ends; whether it was ever accepted."""
        was_up = False
        while not stopping.is_set():
            if self._client.loop(timeout=0.5) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return was_up
            was_up = was_up or self.connected
        return was_up

    def _leave(self) -> None:
        """A clean goodbye within a second; what the broker has not answered stays in the outbox anyway."""
        for _ in range(10):
            if not self.connected or not self._client.want_write():
                break
            self._client.loop(timeout=0.1)
        self._client.disconnect()
        self._client.loop(timeout=0.1)
        self._connected.clear()

    def _on_connect(
        self, _c: paho.Client, _u: Any, flags: Any, code: ReasonCode, properties: Properties | None
    ) -> None:
        if code.is_failure:
            self._handle(Disconnected(f"{self._address} refused this box: {code}"))
            return
        self._payload_bytes_max = getattr(properties, "MaximumPacketSize", PAYLOAD_BYTES_DEFAULT + 1024) - 1024
        for topic_filter in self._filters:  # always: a broker that was replaced knows of no subscription
            self._client.subscribe(topic_filter, qos=1)
        self._connected.set()
        self._handle(Connected(session_present=bool(flags.session_present)))

    def _on_disconnect(self, _c: paho.Client, _u: Any, _f: Any, code: ReasonCode, _p: Any) -> None:
        self._connected.clear()
        if code.value != SESSION_TAKEN_OVER:
            self._handle(Disconnected(f"{self._address}: {code}"))
            return
        who = f"another device connects as {self._client_id}, so with this box's key"
        self._handle(Disconnected(f"{who}: stop one of the two and introduce it with a token of its own", True))

    def _on_subscribe(self, _c: paho.Client, _u: Any, _mid: int, codes: list[ReasonCode], _p: Any) -> None:
        refused = [str(code) for code in codes if code.is_failure]
        if refused:
            self._handle(Disconnected(f"{self._address} refused a subscription: {', '.join(refused)}"))
            self._client.disconnect()

    def _on_publish(self, _c: paho.Client, _u: Any, mid: int, code: ReasonCode, _p: Any) -> None:
        self._handle(Answered(mid, code.value, str(code)))

    def _on_message(self, _c: paho.Client, _u: Any, message: paho.MQTTMessage) -> None:
        self._handle(Received(message.topic, bytes(message.payload)))


def _left_to_the_loop(_client: paho.Client, _userdata: Any, _socket: Any) -> None:
    return


def _nowhere(event: BrokerEvent) -> None:
    LOG.debug("before run: %s", event)
