"""One transaction's worth of messages: what is stored, what each sender is told."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, insert, select, tuple_, union, union_all
from sqlalchemy.orm import Session

from central.cases.arrival import note_place, open_case, update_case
from central.cases.tables import Incident, Rejection, Revision
from central.devices.box import Owner
from central.devices.running import take_result, take_state, take_still
from central.devices.status import note_found, note_losses, numbers_due, take_availability, take_heartbeat
from central.devices.tables import Box
from central.devices.watching import note_watching
from central.evidence.expectation import expect_manifest
from central.evidence.sealing import reassess_next
from central.evidence.tables import Dossier, Manifest
from central.ingest.examination import Examined, Refused, ReportName
from central.ingest.ledger import Entry, Ledger
from contract.acknowledgement import ReportReceipt
from contract.command import BoxState, CommandResult
from contract.document import Document
from contract.heartbeat import Availability, Heartbeat
from contract.ids import INTEGER_MAX
from contract.still import Still

REJECTIONS_PER_BOX_MAX = 1000
NUMBERS_MAX = 10_000
DETAILS = {
    "conflict": "other bytes stand under this revision or number",
    "foreign_incident": "the incident belongs to another box",
}
Result = Literal["stored", "duplicate", "rejected"]

log = logging.getLogger(__name__)


class Batch:
    """Works inside the caller's writing transaction; nothing of it counts before that has committed."""

    def __init__(self, session: Session, received_at: datetime) -> None:
        self._session = session
        self._received_at = received_at
        self._boxes: dict[str, Box] = {}
        self.receipts: dict[str, list[ReportReceipt]] = defaultdict(list)
        self.stored: list[str] = []  # incident ids, in order
        self.results: list[str] = []
        self.unused: list[str] = []  # schemas of what was older than what is known, or belongs to nothing known
        self._revisions: list[dict[str, Any]] = []

    def high_water(self, box_id: str) -> int:
        return self._boxes[box_id].high_water

    def take_reports(self, reports: list[Examined | Refused]) -> None:
        """At most one acknowledgement's worth for each box."""
        examined = [report for report in reports if isinstance(report, Examined)]
        self._load_boxes({report.owner.box_id for report in reports})
        incidents, dossiers, ledger = self._load_cases(examined)
        rejected = self._load_rejections(reports)
        for report in reports:
            if isinstance(report, Refused):
                if report.signed:
                    self._reject(report, rejected)
                self._answer(report.owner, report.name, "rejected", report.reason)
                continue
            place = ledger.place(report)
            if place == "stored":
                self._store(report, incidents, dossiers)
                earlier = rejected.pop((report.owner.box_id, report.name.sha256), None)
                if earlier is not None:  # refused by an older software: this one understands it
                    self._session.delete(earlier)
            elif place != "duplicate":
                refused = Refused(report.owner, report.name, report.payload, place, DETAILS[place], signed=True)
                if self._reject(refused, rejected) and place == "conflict":
                    self._note_conflict(incidents.get(report.name.incident_id), report.owner, report.name)
                self._answer(report.owner, report.name, "rejected", place)
                continue
            self._answer(report.owner, report.name, place)
        self._session.flush()  # a revision refers to its incident
        if self._revisions:
            self._session.execute(insert(Revision), self._revisions)
            reassess_next(self._session, [(row["box_id"], row["key_id"], row["report_seq"]) for row in self._revisions])
        for box_id, receipts in self.receipts.items():
            self._settle(self._boxes[box_id], {receipt.report_seq for receipt in receipts})

    def take_status(self, owner: Owner, status: Document, document: dict[str, object]) -> None:
        """What a box says of itself. document: as received."""
        match status:
            case Heartbeat():
                self._take_heartbeat(owner, status, document)
                return
            case Availability():
                self._load_boxes({owner.box_id})
                take_availability(self._boxes[owner.box_id], status, self._received_at)
                return
            case BoxState():
                used = take_state(self._session, status, self._received_at)
            case Still():
                used = take_still(self._session, status, self._received_at)
            case CommandResult():
                used = take_result(self._session, status, self._received_at)
            case _:
                raise TypeError(f"{status.SCHEMA} is no status")
        if not used:
            self.unused.append(status.SCHEMA)

    def _take_heartbeat(self, owner: Owner, heartbeat: Heartbeat, document: dict[str, object]) -> None:
        self._load_boxes({owner.box_id})
        box = self._boxes[owner.box_id]
        heard_before = box.heartbeat_at
        if not take_heartbeat(box, heartbeat, document, self._received_at):
            return
        note_watching(self._session, heartbeat, heard_before, self._received_at)
        due = numbers_due(box, heartbeat)
        if due:
            here = set(self._numbers(box, due.start, due.stop))
            lost = note_losses(self._session, box, (n for n in due if n not in here), self._received_at)
            if lost:
                log.error("%s: %d reports never came, from number %d on", box.box_id, len(lost), lost[0])

    def _load_boxes(self, box_ids: Iterable[str]) -> None:
        unknown = set(box_ids) - set(self._boxes)
        if unknown:
            self._boxes |= {
                box.box_id: box for box in self._session.scalars(select(Box).where(Box.box_id.in_(unknown)))
            }

    def _load_cases(self, examined: list[Examined]) -> tuple[dict[str, Incident], dict[str, Dossier], Ledger]:
        ids = {report.name.incident_id for report in examined}
        pairs = {(report.name.incident_id, report.name.revision) for report in examined}
        numbers = {(report.owner.box_id, report.owner.key.key_id, report.name.report_seq) for report in examined}
        incidents = {
            row.incident_id: row for row in self._session.scalars(select(Incident).where(Incident.incident_id.in_(ids)))
        }
        dossiers = {
            row.incident_id: row for row in self._session.scalars(select(Dossier).where(Dossier.incident_id.in_(ids)))
        }
        columns = (
            Revision.box_id,
            Revision.key_id,
            Revision.report_seq,
            Revision.incident_id,
            Revision.revision,
            Revision.payload_sha256,
        )
        rows = self._session.execute(
            union_all(
                select(*columns).where(tuple_(Revision.incident_id, Revision.revision).in_(pairs)),
                select(*columns).where(tuple_(Revision.box_id, Revision.key_id, Revision.report_seq).in_(numbers)),
            )
        )
        entries = [Entry(*row) for row in rows]
        return incidents, dossiers, Ledger(entries, {row.incident_id: row.box_id for row in incidents.values()})

    def _load_rejections(self, reports: list[Examined | Refused]) -> dict[tuple[str, str], Rejection]:
        hashes = {report.name.sha256 for report in reports}
        rows = self._session.scalars(select(Rejection).where(Rejection.payload_sha256.in_(hashes)))
        return {(row.box_id, row.payload_sha256): row for row in rows}

    def _store(self, examined: Examined, incidents: dict[str, Incident], dossiers: dict[str, Dossier]) -> None:
        owner, name, report = examined.owner, examined.name, examined.report
        incident = incidents.get(name.incident_id)
        if incident is None:
            incident = open_case(report, examined.document, owner, self._received_at)
            incidents[name.incident_id] = incident
            self._session.add(incident)
        else:
            update_case(incident, report, examined.document, self._received_at)
        note_place(incident, report)
        numbering = {
            "incident_id": name.incident_id,
            "revision": name.revision,
            "box_id": owner.box_id,
            "key_id": owner.key.key_id,
            "report_seq": name.report_seq,
        }
        self._revisions.append(
            numbering
            | {
                "phase": report.phase,
                "payload": examined.payload,
                "payload_sha256": name.sha256,
                "manifest_sha256": report.evidence.manifest_sha256,
                "received_at": self._received_at,
            }
        )
        manifest = Manifest(sha256=report.evidence.manifest_sha256, **numbering)
        dossiers[name.incident_id] = expect_manifest(self._session, manifest, dossiers.get(name.incident_id))
        self.stored.append(name.incident_id)

    def _reject(self, refused: Refused, rejected: dict[tuple[str, str], Rejection]) -> bool:
        """Keeps the bytes, once. False when they are kept already or the box has used up its room."""
        box_id, name = refused.owner.box_id, refused.name
        if (box_id, name.sha256) in rejected:
            return False
        kept = self._session.scalar(select(func.count()).select_from(Rejection).where(Rejection.box_id == box_id)) or 0
        if kept >= REJECTIONS_PER_BOX_MAX:
            log.error("%s: more than %d reports refused; the bytes of further ones are not kept", box_id, kept)
            return False
        row = Rejection(
            box_id=box_id,
            key_id=refused.owner.key.key_id,
            report_seq=name.report_seq,
            incident_id=name.incident_id,
            revision=name.revision,
            reason=refused.reason,
            detail=refused.detail,
            payload=refused.payload,
            payload_sha256=name.sha256,
            received_at=self._received_at,
        )
        rejected[box_id, name.sha256] = row
        self._session.add(row)
        return True

    def _note_conflict(self, incident: Incident | None, owner: Owner, name: ReportName) -> None:
        """The row is kept already. A line for the 1st, 2nd, 4th, 8th ...: a copied box sends as many as the box."""
        kept = self._session.scalar(
            select(func.count()).where(
                Rejection.box_id == owner.box_id,
                Rejection.key_id == owner.key.key_id,
                Rejection.reason == "conflict",
            )
        )
        if kept and kept & (kept - 1) == 0:
            log.error(
                "%s: report %d came with other content than before (%d so far): two devices work with its key %s; all"
                " are kept; stop one and introduce it with a token of its own",
                owner.box_id,
                name.report_seq,
                kept,
                owner.key.key_id,
            )
        if incident is not None and incident.box_id == owner.box_id:
            incident.conflicts += 1

    def _answer(self, owner: Owner, name: ReportName, result: Result, reason: str | None = None) -> None:
        self.results.append(result)
        self.receipts[owner.box_id].append(
            ReportReceipt(
                report_seq=name.report_seq,
                incident_id=name.incident_id,
                revision=name.revision,
                sha256=name.sha256,
                result=result,
                reason=reason,
            )
        )

    def _settle(self, box: Box, numbers: set[int]) -> None:
        """Moves the high water over everything that is stored or rejected without a hole."""
        note_found(self._session, box, numbers, self._received_at)
        if box.high_water + 1 not in numbers:
            return
        for number in self._numbers(box, box.high_water + 1, INTEGER_MAX):
            if number != box.high_water + 1:
                break
            box.high_water = number

    def _numbers(self, box: Box, start: int, stop: int) -> list[int]:
        """What is stored or rejected of a box's numbers, in order; bounded."""
        queries = [
            select(table.report_seq).where(
                table.box_id == box.box_id,
                table.key_id == box.key_id,
                table.report_seq >= start,
                table.report_seq < stop,
            )
            for table in (Revision, Rejection)
        ]
        numbers = union(*queries).subquery()
        return list(
            self._session.scalars(select(numbers.c.report_seq).order_by(numbers.c.report_seq).limit(NUMBERS_MAX))
        )
