"""Cases as the repository would read them, without a database."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from central.audit.access import RegisterEntry
from central.cases.case import Case, CaseSummary, Conflict, MadeDecision, StoredRevision
from central.cases.generated import label_of
from central.evidence.evidence import EvidenceFile, EvidenceManifestState
from contract.incident_report import IncidentReport
from tests.contract.examples import NOW, incident_report

LATER = NOW + timedelta(seconds=4)


def summary_of(report: IncidentReport, **fields: Any) -> CaseSummary:
    summary = CaseSummary(
        incident_id=report.incident_id,
        box_id=report.box_id,
        camera_id=report.camera_id,
        tenant=report.tenant,
        site=report.site,
        zone_id=report.place.zone_id,
        type_id=report.type_id,
        severity=report.severity,
        phase=report.phase,
        first_seen=report.time.first_seen,
        opened=report.time.opened,
        last_seen=report.time.last_seen,
        closed=report.time.closed,
        received_at=LATER,
        updated_at=LATER,
        revision=report.revision,
        state="lead",
        decisions=0,
        priority=10,
        evidence_state="pending",
        evidence_reason=None,
        late=False,
        conflicts=0,
        place_differs=False,
        text={str(language): text for language, text in report.description.text.items()},
        aigc=label_of(report.description.model_dump()),
        thumbnail=report.evidence.thumbnail,
    )
    return replace(summary, **fields)


def case_of(report: IncidentReport | None = None, **fields: Any) -> Case:
    report = report or incident_report()
    revision = StoredRevision(1, 0, 1, "open", "a" * 64, "b" * 64, LATER)
    return Case(summary_of(report, **fields), report.to_object(), (revision,), (), ())


def decided(case: Case, **fields: Any) -> Case:
    made = MadeDecision(1, "rejected", "unclear", "fog", "Lin", "unauthenticated", 0, LATER + timedelta(seconds=60))
    return replace(case, decisions=(replace(made, **fields),))


def with_conflict(case: Case) -> Case:
    return replace(case, refused=(Conflict(0, 1, "conflict", "c" * 64, LATER + timedelta(seconds=1)),))


def file_of(role: str, **fields: Any) -> EvidenceFile:
    original = role in {"clip", "key_frame"}
    file = EvidenceFile(
        revision=0,
        sha256={"clip": "1", "key_frame": "2", "tracks": "3", "annotated": "4", "thumbnail": "5"}[role] * 64,
        role=role,
        media_type="video/mp4" if role == "clip" else "image/jpeg",
        bytes=1_500_000,
        state="held",
        fault=None,
        captured_first=NOW,
        captured_last=NOW,
        derived_from=None if original else "2" * 64,
        redacted=not original,
    )
    return replace(file, **fields)


def manifest_of(**fields: Any) -> EvidenceManifestState:
    return replace(EvidenceManifestState(0, "b" * 64, "held", None, "linked", LATER), **fields)


def look(**fields: Any) -> RegisterEntry:
    at = LATER + timedelta(seconds=30)
    entry = RegisterEntry(1, at, "grant", "i", None, "Lin", "unauthenticated", "on_site: at the gate")
    return replace(entry, **fields)
