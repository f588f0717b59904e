"""What connects the box to its centre, put together: broker, publisher, uploader, heartbeat, commands, notices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from contract import topics
from contract.heartbeat import VerifierState
from edge.analysis import Parts, origin_of
from edge.delivery.broker import BrokerAddress
from edge.delivery.command_desk import CommandDesk, Handlers
from edge.delivery.identity import Identity
from edge.delivery.mqtt import MqttBroker
from edge.delivery.publisher import Publisher, availability
from edge.delivery.uploader import Uploader
from edge.evidence.stills import Glance
from edge.health.camera_gauge import CameraGauge
from edge.health.heartbeat import Heartbeats
from edge.health.notices import Notices, States
from edge.settings import Settings
from edge.supervisor import Link


@dataclass(frozen=True, slots=True)
class Shown:
    """What the centre gets to see beside reports, and may ask. gauges: of every camera, also of those that are off."""

    gauges: Sequence[CameraGauge]
    states: States
    stills: Mapping[str, Callable[[], Glance | None]]
    handlers: Handlers
    verifier: Callable[[], VerifierState] = VerifierState


def open_link(
    folder: Path, settings: Settings, identity: Identity, parts: Parts, *, shown: Shown, http: httpx.Client
) -> Link:
    """Raises BrokerError for an address that is none."""
    box_id, outbox, clock, faults = identity.box_id, parts.outbox, parts.clock, parts.faults
    filters = [topics.of_box(box_id, kind) for kind in ("acknowledgement", "command")]
    versions = origin_of(box_id, settings.tenant, settings.site).versions
    address = BrokerAddress.parse(settings.central.broker)
    client_id = f"{box_id}-{identity.key.public.key_id}"  # a box that took only the id does not end this connection
    broker = MqttBroker(address, client_id, availability(identity, "offline"), filters)
    return Link(
        broker=broker,
        publisher=Publisher(identity, outbox, broker, clock, faults),
        uploader=Uploader(settings.central.url, box_id, outbox, clock, faults=faults, client=http),
        heartbeats=Heartbeats(
            identity,
            versions,
            folder,
            cameras=shown.gauges,
            outbox=outbox,
            broker=broker,
            clock=clock,
            faults=faults,
            verifier=shown.verifier,
        ),
        desk=CommandDesk(identity, outbox, broker, clock, faults=faults, handlers=shown.handlers),
        notices=Notices(identity, broker, clock, states=shown.states, stills=shown.stills),
    )
