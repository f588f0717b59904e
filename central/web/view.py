"""One incident as the page shows it: plain values, already in the reviewer's language. No I/O."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from central.audit.access import RegisterEntry
from central.cases.case import Case, CaseSummary
from central.cases.generated import AI_LABEL
from central.cases.service import refusal_to_confirm
from central.evidence.evidence import EvidenceFile, EvidenceManifestState
from central.web.moments import full_time
from central.web.rule_trace import TraceLine, trace_lines
from central.web.story import StoryLine, story
from central.web.wording import Wording
from contract.catalogue import catalogue
from contract.incident_report import IncidentReport

SEEN_WITHOUT_REASON = ("annotated", "thumbnail")
CHAIN_WORST_FIRST = ("broken", "unknown", "gap", "linked")


@dataclass(frozen=True, slots=True)
class QueueItem:
    incident_id: str
    name: str
    severity: str
    camera_id: str
    site: str
    opened: datetime
    state: str
    evidence: str
    late: bool


@dataclass(frozen=True, slots=True)
class Still:
    """A derivative from the media store: faces pixelated, zone and boxes drawn on it."""

    url: str
    phase: str
    captured: datetime


@dataclass(frozen=True, slots=True)
class IncidentView:
    incident_id: str
    version: int
    revision: int
    name: str
    severity: str
    camera_id: str
    state: str
    opened: datetime
    late: bool
    refusal: str | None
    evidence: str
    evidence_reason: str | None
    evidence_capable: bool
    view_moved: bool
    chain: str
    still_url: str | None
    stills: tuple[Still, ...]
    clip: EvidenceFile | None
    clip_awaited: bool
    tracks: EvidenceFile | None
    key_frame: EvidenceFile | None
    overlay: str  # JSON: polygon, boxes [[track, x1, y1, x2, y2]], opened_ms
    description: str
    ai_label: str | None  # what people read beside a text that a model had a part in
    aigc: str | None  # the same for machines: JSON
    supports: tuple[tuple[str, str], ...]
    removed: int
    second_look: str
    trace: tuple[TraceLine, ...]
    rule_id: str
    rule_version: str
    facts: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    files: tuple[EvidenceFile, ...]
    story: tuple[StoryLine, ...]


def type_name(type_id: str, t: Wording) -> str:
    known = catalogue().get(type_id)
    return known.names.get(t.language, type_id) if known else type_id


def queue_item(case: CaseSummary, t: Wording) -> QueueItem:
    return QueueItem(
        incident_id=case.incident_id,
        name=type_name(case.type_id, t),
        severity=case.severity,
        camera_id=case.camera_id,
        site=case.site,
        opened=case.opened,
        state=case.state,
        evidence=case.evidence_state,
        late=case.late,
    )


def incident_view(
    case: Case,
    files: Sequence[EvidenceFile],
    manifests: Sequence[EvidenceManifestState],
    register: Sequence[RegisterEntry],
    t: Wording,
) -> IncidentView:
    summary = case.summary
    report = IncidentReport.model_validate(case.report)
    stills = _stills(case, files)
    return IncidentView(
        incident_id=summary.incident_id,
        version=summary.decisions,
        revision=summary.revision,
        name=type_name(summary.type_id, t),
        severity=summary.severity,
        camera_id=summary.camera_id,
        state=summary.state,
        opened=summary.opened,
        late=summary.late,
        refusal=refusal_to_confirm(summary),
        evidence=summary.evidence_state,
        evidence_reason=summary.evidence_reason,
        evidence_capable=report.device.evidence_capable,
        view_moved="view_moved" in report.device.reasons,
        chain=_chain(manifests),
        still_url=_first_picture(summary, stills),
        stills=stills,
        clip=_held(files, "playback") or _held(files, "clip"),
        clip_awaited=any(file.role == "clip" for file in files) or summary.closed is None,
        tracks=_held(files, "tracks"),
        key_frame=_held(files, "key_frame"),
        overlay=_overlay(report),
        description=report.description.text.get(t.language, ""),
        ai_label=AI_LABEL[t.language] if summary.aigc else None,
        aigc=json.dumps(summary.aigc, ensure_ascii=False) if summary.aigc else None,
        supports=_supports(report, t),
        removed=report.description.removed,
        second_look=report.verification.status,
        trace=trace_lines(report.rule.trace, t),
        rule_id=report.rule.id,
        rule_version=report.rule.version,
        facts=_facts(summary, report, t),
        versions=_versions(report),
        files=tuple(files),
        story=story(case, report, register, t),
    )


def _supports(report: IncidentReport, t: Wording) -> tuple[tuple[str, str], ...]:
    """What of the record carries the description: the part, and the tracks, each once."""
    tracks: dict[str, set[int]] = {}
    for claim in report.description.claims:
        tracks.setdefault((claim.field or "subjects").replace(".", "_"), set()).update(claim.track_ids)
    return tuple((t.named("claim", name), ", ".join(map(str, sorted(ids)))) for name, ids in tracks.items())


def _chain(manifests: Sequence[EvidenceManifestState]) -> str:
    """The worst link of the incident's manifests: one broken link is what a reviewer has to see."""
    states = {manifest.chain for manifest in manifests} or {"unknown"}
    return next(state for state in CHAIN_WORST_FIRST if state in states)


def _held(files: Sequence[EvidenceFile], role: str) -> EvidenceFile | None:
    """The first of this role whose bytes are here and are what they say."""
    return next((file for file in files if file.role == role and file.state == "held" and file.fault is None), None)


def _stills(case: Case, files: Sequence[EvidenceFile]) -> tuple[Still, ...]:
    """One redacted picture for every revision that has one, the boxed one before the plain one."""
    phases = {revision.revision: revision.phase for revision in case.revisions}
    chosen: dict[int, EvidenceFile] = {}
    for role in SEEN_WITHOUT_REASON:
        for file in files:
            if file.role == role and file.redacted and file.state == "held" and file.fault is None:
                chosen.setdefault(file.revision, file)
    return tuple(
        Still(f"/api/media/{file.sha256}", phases.get(revision, "update"), file.captured_first)
        for revision, file in sorted(chosen.items())
    )


def _first_picture(summary: CaseSummary, stills: tuple[Still, ...]) -> str | None:
    if stills:
        return stills[0].url
    return f"/incidents/{summary.incident_id}/thumbnail" if summary.thumbnail else None


def _overlay(report: IncidentReport) -> str:
    return json.dumps(
        {
            "polygon": report.place.polygon if report.place.zone_id != "frame" else [],
            "boxes": [[subject.track_id, *subject.box] for subject in report.subjects],
            "opened_ms": round(report.time.opened.timestamp() * 1000),
        }
    )


def _facts(summary: CaseSummary, report: IncidentReport, t: Wording) -> tuple[tuple[str, str], ...]:
    classes = [t.named("thing", subject.class_) for subject in report.subjects]
    counted = t("facts.listed", names=", ".join(sorted(set(classes))), n=report.subjects_total)
    clock = report.time.clock
    pairs = (
        ("site", f"{summary.site} · {summary.tenant}"),
        ("place_differs", t("facts.place_differs") if summary.place_differs else ""),
        ("camera", f"{summary.camera_id} · {summary.box_id}"),
        ("zone", t.named("thing", summary.zone_id)),
        ("address", report.place.address or ""),
        ("subjects", counted),
        ("plate", ", ".join(f"{s.plate.text} ({s.plate.confidence:.0%})" for s in report.subjects if s.plate)),
        ("first_seen", full_time(summary.first_seen)),
        ("opened", full_time(summary.opened)),
        ("last_seen", full_time(summary.last_seen)),
        ("received", full_time(summary.received_at)),
        ("clock", t("clock." + clock.state) + (f" · {clock.offset_ms:+g} ms" if clock.offset_ms is not None else "")),
        ("incident", summary.incident_id),
    )
    return tuple((key, value) for key, value in pairs if value)


def _versions(report: IncidentReport) -> tuple[tuple[str, str], ...]:
    versions = report.versions
    detector = versions.detector
    pairs = (
        ("software", versions.software),
        ("detector", f"{detector.name} · {detector.engine} {detector.precision}" if detector else ""),
        ("detector_sha256", detector.sha256 if detector else ""),
        ("vlm", versions.vlm or ""),
        ("rule_pack", versions.rule_pack or ""),
        ("catalogue", versions.catalogue or ""),
        ("register", report.device.register_version),
    )
    return tuple((key, value) for key, value in pairs if value)
