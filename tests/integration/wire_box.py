"""A box that is only its key and its connection: it enrols over HTTP and speaks MQTT 5 to a real broker."""

import queue
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract import codec, topics
from contract.acknowledgement import Acknowledgement, ReportReceipt
from contract.enrolment import Introduction, Welcome
from contract.signing import PublicKey, SigningKey
from tests.processes import eventually, xunjian

ANSWER_TIMEOUT_S = 15.0


@dataclass
class WireBox:
    """answers: acknowledgements as they came, their signature checked."""

    box_id: str
    key: SigningKey
    centre_key: PublicKey
    client: paho.Client
    answers: queue.Queue[Acknowledgement] = field(default_factory=queue.Queue)

    def publish(self, payload: bytes, kind: str = "incident") -> None:
        self.client.publish(f"xunjian/v1/{self.box_id}/{kind}", payload, qos=1)

    def publish_from_elsewhere(self, payload: bytes) -> None:
        """From a connection of its own, since a broker may end the one that sends too much."""
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        client.connect(self.client.host, self.client.port)
        client.publish(f"xunjian/v1/{self.box_id}/incident", payload, qos=0)
        client.loop_write()
        client.disconnect()

    def receipt(self) -> ReportReceipt:
        """The next one. Raises queue.Empty when none comes."""
        return self.answers.get(timeout=ANSWER_TIMEOUT_S).reports[0]

    def _take(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        document = codec.parse(bytes(message.payload), topics.PAYLOAD_BYTES_MAX)
        self.centre_key.verify(document)
        self.answers.put(codec.decode(document, Acknowledgement))


@contextmanager
def wire_box(folder: Path, address: str, box_id: str = "box-1") -> Iterator[WireBox]:
    """Enrolled at the centre that serves `folder` at `address`, connected to the broker that it names."""
    key = SigningKey.generate()
    token = xunjian("central", "token", str(folder)).stdout.strip()
    introduction = Introduction(token=token, box_id=box_id, public_key=key.public.base64, software="0.1.0")
    with httpx.Client(base_url=address, trust_env=False) as http:
        answer = http.post("/api/boxes", content=key.sign(introduction))
        assert answer.status_code == 200, answer.text
        welcome = codec.decode(answer.json(), Welcome)
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=box_id, protocol=paho.MQTTv5)
    box = WireBox(box_id, key, PublicKey.from_base64(welcome.public_key), client)
    client.on_connect = _subscribe
    client.user_data_set(topics.of_box(box_id, "acknowledgement"))
    client.on_message = box._take
    client.reconnect_delay_set(min_delay=1, max_delay=2)
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 3600
    host, port = welcome.broker.removeprefix("mqtt://").split(":")
    client.connect(host, int(port), keepalive=15, clean_start=False, properties=properties)
    client.loop_start()
    eventually(client.is_connected, 10, "the box is connected")
    try:
        yield box
    finally:
        client.disconnect()
        client.loop_stop()


def _subscribe(client: paho.Client, topic: str, _flags: object, _reason: object, _properties: object) -> None:
    client.subscribe(topic, qos=1)


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]
