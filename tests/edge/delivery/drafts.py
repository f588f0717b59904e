"""Drafts whose content is valid by the contract, for whoever tests what happens to them afterwards."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from contract.acknowledgement import Acknowledgement, ReportReceipt
from contract.ids import uuid7
from contract.incident_report import EvidenceReference, IncidentTime, Phase, Severity
from contract.signing import SigningKey
from edge.clock import Clock, ClockQuality, Moment
from edge.delivery.revision import ChainPosition, Revision, RevisionDraft, SealedFile
from tests.contract import examples

BOX_KEY = SigningKey.generate()


@dataclass
class SteppedClock(Clock):
    """A clock that goes only when it is told to."""

    at_s: float = 1000.0
    boot_id: str = "boot-1"

    def now(self) -> Moment:
        wall = datetime.fromtimestamp(1_780_000_000 + self.at_s, UTC)
        return Moment(wall, int(self.at_s * 1000), self.boot_id, ClockQuality("synced"))

    def monotonic_s(self) -> float:
        return self.at_s


def sealed_file(folder: Path, data: bytes, media_type: str = "image/png", role: str = "key_frame") -> SealedFile:
    item = examples.evidence_item(data, media_type, role)
    path = folder / item.file_name
    path.write_bytes(data)
    return SealedFile(item, path)


@dataclass
class Draft(RevisionDraft):
    incident_id: str = field(default_factory=lambda: uuid7(examples.NOW))
    revision: int = 0
    phase: Phase = "open"
    files: tuple[SealedFile, ...] = ()
    key: SigningKey = BOX_KEY
    box_id: str = "box-1"
    severity: Severity = "alert"
    opened: datetime = examples.NOW

    def seal(self, position: ChainPosition) -> Revision:
        manifest = self.key.sign(
            examples.evidence_manifest(
                *(file.item for file in self.files),
                box_id=self.box_id,
                incident_id=self.incident_id,
                revision=self.revision,
                report_seq=position.report_seq,
                chain_seq=position.report_seq,
                previous_sha256=position.previous_sha256,
            )
        )
        manifest_sha256 = hashlib.sha256(manifest).hexdigest()
        time = IncidentTime(
            first_seen=self.opened,
            opened=self.opened,
            last_seen=self.opened,
            closed=self.opened if self.phase == "close" else None,
            close_reason="ended" if self.phase == "close" else None,
            monotonic_ms=1,
            boot_id="boot-1",
            clock=examples.CLOCK,
        )
        report = examples.incident_report(
            box_id=self.box_id,
            incident_id=self.incident_id,
            revision=self.revision,
            phase=self.phase,
            report_seq=position.report_seq,
            time=time,
            severity=self.severity,
            evidence=EvidenceReference(manifest_sha256=manifest_sha256),
        )
        payload = self.key.sign(report)
        return Revision(
            incident_id=self.incident_id,
            revision=self.revision,
            report_seq=position.report_seq,
            phase=self.phase,
            type_id=report.type_id,
            camera_id=report.camera_id,
            payload=payload,
            payload_sha256=hashlib.sha256(payload).hexdigest(),
            manifest=manifest,
            manifest_sha256=manifest_sha256,
            files=self.files,
            urgent=self.severity == "safety",
            settled=self.phase == "close",
        )


def next_draft(draft: Draft, phase: Phase, *files: SealedFile) -> Draft:
    return replace(draft, revision=draft.revision + 1, phase=phase, files=files)


def receipt(of: Revision, /, **fields: object) -> ReportReceipt:
    values: dict[str, object] = {
        "report_seq": of.report_seq,
        "incident_id": of.incident_id,
        "revision": of.revision,
        "sha256": of.payload_sha256,
        "result": "stored",
    }
    return ReportReceipt.model_validate(values | fields)


def acknowledgement(*revisions: Revision, **fields: object) -> Acknowledgement:
    return Acknowledgement(box_id="box-1", reports=tuple(receipt(revision, **fields) for revision in revisions))
