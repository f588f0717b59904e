"""A centre's database in a temporary folder and boxes that sign for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from central.database.engine import Database
from central.devices.tables import Box
from central.ingest.intake import Intake
from central.ingest.message import Message, Outgoing
from central.metrics import Counters
from contract import codec, topics
from contract.acknowledgement import Acknowledgement, ReportReceipt
from contract.document import Document
from contract.heartbeat import ChainPosition, DiskState, Heartbeat, OutboxState
from contract.signing import SigningKey
from tests.contract.examples import CLOCK, VERSIONS, incident_report

NOW = datetime(2026, 3, 1, 8, 30, 5, tzinfo=UTC)


@dataclass
class SigningBox:
    """A registered box: it signs what it says."""

    box_id: str = "box-1"
    key: SigningKey = field(default_factory=SigningKey.generate)

    def row(self) -> Box:
        return Box(
            box_id=self.box_id,
            public_key=self.key.public.base64,
            key_id=self.key.public.key_id,
            tenant="default",
            site="default",
            software="0.1.0",
            enrolled_at=NOW,
        )

    def register(self, session: Session) -> None:
        session.add(self.row())

    def say(self, document: Document, kind: str = "incident", name: str | None = None) -> Message:
        return self.raw(self.key.sign(document), kind, name)

    def raw(self, payload: bytes, kind: str = "incident", name: str | None = None) -> Message:
        return Message(str(topics.Topic(self.box_id, kind, name)), payload, NOW)

    def report(self, **fields: Any) -> Message:
        return self.say(incident_report(box_id=self.box_id, **fields))


@dataclass
class Centre:
    """A centre without broker and pages."""

    database: Database
    intake: Intake
    key: SigningKey
    counters: Counters
    stored: list[str]

    @classmethod
    def make(cls, database_url: str, *boxes: SigningBox) -> "Centre":
        database = Database.open(database_url)
        database.migrate()
        with database.writing() as session:
            for box in boxes:
                box.register(session)
        key, counters, stored = SigningKey.generate(), Counters(), list[str]()
        return cls(database, Intake(database, key, counters, lambda: NOW, stored.extend), key, counters, stored)

    def take(self, *messages: Message) -> list[ReportReceipt]:
        """What the boxes are told of their reports, after checking the centre's signature."""
        return [receipt for answer in self.answers(messages) for receipt in answer.reports]

    def answers(self, messages: Sequence[Message]) -> list[Acknowledgement]:
        return [self.open(outgoing) for outgoing in self.intake.take(messages)]

    def open(self, outgoing: Outgoing) -> Acknowledgement:
        document = codec.parse(outgoing.payload, topics.PAYLOAD_BYTES_MAX)
        self.key.public.verify(document)
        answer = codec.decode(document, Acknowledgement)
        assert outgoing.topic == f"xunjian/v1/{answer.box_id}/acknowledgement"
        return answer


def heartbeat(**fields: Any) -> Heartbeat:
    values: dict[str, Any] = {
        "box_id": "box-1",
        "session": 3,
        "sent": NOW,
        "uptime_s": 60.0,
        "clock": CLOCK,
        "report_seq_high": 0,
        "chain": ChainPosition(seq=0),
        "outbox": OutboxState(rows=0),
        "cameras": (),
        "disk": DiskState(free_bytes=1, state="ok"),
        "versions": VERSIONS,
    }
    return Heartbeat(**(values | fields))
