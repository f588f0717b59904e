"""What connects the box to its centre, put together: broker, publisher, uploader, heartbeat, commands, notices."""

from collections.abc import Sequence
from pathlib import Path

import httpx

from contract import topics
from edge.analysis import Parts, origin_of
from edge.delivery.broker import BrokerAddress
from edge.delivery.command_desk import CommandDesk, Handlers
from edge.delivery.identity import Identity
from edge.delivery.mqtt import MqttBroker
from edge.delivery.publisher import Publisher, availability
from edge.delivery.uploader import Uploader
from edge.health.heartbeat import Heartbeats
from edge.health.notices import Notices, States
from edge.rulebook import Rulebook
from edge.settings import Settings
from edge.supervisor import Line, Link


def open_link(
    folder: Path,
    settings: Settings,
    identity: Identity,
    parts: Parts,
    *,
    lines: Sequence[Line],
    rulebook: Rulebook,
    http: httpx.Client,
) -> Link:
    """Raises BrokerError for an address that is none."""
    box_id, outbox, clock, faults = identity.box_id, parts.outbox, parts.clock, parts.faults
    filters = [topics.of_box(box_id, kind) for kind in ("acknowledgement", "command")]
    versions = origin_of(box_id, settings.tenant, settings.site).versions
    states: States = {"rules": rulebook.state, "versions": lambda: versions.model_dump(mode="json", exclude_none=True)}
    handlers: Handlers = {"rules": rulebook.change, "resend": lambda _: {"queued": outbox.resend()}}
    address = BrokerAddress.parse(settings.central.broker)
    broker = MqttBroker(address, box_id, availability(identity, "offline"), filters)
    return Link(
        broker=broker,
        publisher=Publisher(identity, outbox, broker, clock, faults),
        uploader=Uploader(settings.central.url, box_id, outbox, clock, faults=faults, client=http),
        heartbeats=Heartbeats(
            identity,
            versions,
            folder,
            cameras=[line.gauge for line in lines],
            outbox=outbox,
            broker=broker,
            clock=clock,
            faults=faults,
        ),
        desk=CommandDesk(identity, outbox, broker, clock, faults=faults, handlers=handlers),
        notices=Notices(identity, broker, clock, states=states, stills=rulebook.stills()),
    )
