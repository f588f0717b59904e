"""Prints each lead of one box whose signature is good: `consumer.py HOST PORT BOX_ID BOX_PUB`."""

import sys
from pathlib import Path

from paho.mqtt import subscribe
from paho.mqtt.client import Client, MQTTMessage, MQTTv5

from contract import topics
from contract.codec import decode, parse
from contract.errors import ContractError
from contract.incident_report import IncidentReport
from contract.signing import PublicKey

host, port, box_id, key_file = sys.argv[1:]
key = PublicKey.from_pem(Path(key_file).read_bytes())
topic = topics.of_box(box_id, "incident")


def show(_client: Client, _userdata: object, message: MQTTMessage) -> None:
    try:
        received = parse(message.payload, topics.PAYLOAD_BYTES_MAX)
        key.verify(received)  # before anything in it is believed
        report = decode(received, IncidentReport)
        print(report.incident_id, report.revision, report.phase, report.description.text["en"], flush=True)
    except ContractError as error:
        print(f"refused: {error}", file=sys.stderr, flush=True)


subscribe.callback(show, topic, 1, hostname=host, port=int(port), protocol=MQTTv5, clean_session=None)
