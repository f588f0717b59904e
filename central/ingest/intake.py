"""Intake: examine, dedupe, store in one transaction, and only then say so.

A box forgets a report when it is told `stored`; so an answer is built after the commit has returned, never before.
"""

import logging
from collections.abc import Callable, Sequence

from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from central.clock import Now
from central.database.engine import Database, one_line
from central.devices.box import Owner
from central.devices.repository import owners_of
from central.errors import StorageError
from central.ingest.batch import Batch
from central.ingest.examination import (
    Examined,
    Refused,
    UnattributableError,
    examine_report,
    examine_status,
)
from central.ingest.message import Message, Outgoing
from central.metrics import Counters
from contract import topics
from contract.acknowledgement import Acknowledgement
from contract.command import BoxState, CommandResult
from contract.document import Document
from contract.errors import MalformedError
from contract.heartbeat import Availability, Heartbeat
from contract.signing import SigningKey
from contract.still import Still

MESSAGES_PER_BATCH_MAX = 200  # also the most entries that one acknowledgement holds

log = logging.getLogger(__name__)

Status = tuple[Owner, dict[str, object], Document]
STATUSES: dict[str, type[Document]] = {
    "heartbeat": Heartbeat,
    "availability": Availability,
    "state": BoxState,
    "still": Still,
    "result": CommandResult,
}


class Intake:
    """on_stored: told the ids of incidents whose revisions were stored, after the commit, in this thread."""

    def __init__(
        self,
        database: Database,
        key: SigningKey,
        counters: Counters,
        now: Now,
        on_stored: Callable[[Sequence[str]], None],
    ) -> None:
        self._database = database
        self._key = key
        self._counters = counters
        self._now = now
        self._on_stored = on_stored

    def take(self, messages: Sequence[Message]) -> list[Outgoing]:
        """The answers to give, everything they say being committed. At most MESSAGES_PER_BATCH_MAX messages.

        Raises StorageError when the database cannot be used now: what was stored is unknown, so try the same again.
        """
        assert len(messages) <= MESSAGES_PER_BATCH_MAX
        try:
            reports, statuses = self._examine(messages)
            if not reports and not statuses:
                return []
            try:
                batch, answers = self._store(reports, statuses)
            except IntegrityError:  # another process stored one of them in between: now it is there to be seen
                batch, answers = self._store(reports, statuses)
        except (OperationalError, InterfaceError) as error:
            self._database.reopen()  # what an old handle wrote when it failed is unknown until it is read back
            raise StorageError(f"the database cannot be used: {one_line(error)}") from error
        for result in batch.results:
            self._counters.add("reports", result)
        for kind in batch.unused:
            self._counters.add("unused", kind)
        self._counters.add("batches")
        if batch.stored:
            self._on_stored(list(dict.fromkeys(batch.stored)))
        return [self._sign(answer) for answer in answers]

    def _examine(self, messages: Sequence[Message]) -> tuple[list[Examined | Refused], list[Status]]:
        parsed: list[tuple[topics.Topic, bytes]] = []
        for message in messages:
            try:
                parsed.append((topics.parse(message.topic), message.payload))
            except MalformedError as error:
                self._drop(message.topic, "topic", str(error))
        with self._database.reading() as session:
            owners = owners_of(session, (topic.box_id for topic, _ in parsed))
        reports: list[Examined | Refused] = []
        statuses: list[Status] = []
        for topic, payload in parsed:
            try:
                if topic.kind == "incident":
                    reports.append(examine_report(topic, payload, owners))
                elif topic.kind in STATUSES:
                    statuses.append(examine_status(topic, payload, owners, STATUSES[topic.kind]))
            except UnattributableError as error:
                self._drop(str(topic), error.reason, str(error))
        for report in reports:
            if isinstance(report, Refused) and self._counters.worth_a_line("refused", report.reason):
                log.warning("report %d of %s refused: %s", report.name.report_seq, report.owner.box_id, report.detail)
        return reports, statuses

    def _store(self, reports: list[Examined | Refused], statuses: list[Status]) -> tuple[Batch, list[Acknowledgement]]:
        with self._database.writing() as session:
            batch = Batch(session, self._now())
            if reports:
                batch.take_reports(reports)
            for owner, document, status in statuses:
                batch.take_status(owner, status, document)
            answers = [
                Acknowledgement(box_id=box_id, reports=tuple(receipts), high_water=batch.high_water(box_id))
                for box_id, receipts in batch.receipts.items()
            ]
        return batch, answers

    def _sign(self, answer: Acknowledgement) -> Outgoing:
        return Outgoing(str(topics.Topic(answer.box_id, "acknowledgement")), self._key.sign(answer))

    def _drop(self, topic: str, reason: str, detail: str) -> None:
        if self._counters.worth_a_line("dropped", reason):
            log.warning("dropped a message in %s (%s): %s", topic[:120], reason, detail[:300])
