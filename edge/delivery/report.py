"""An incident as the report that leaves the box: whole in every revision, numbered and signed when it is committed."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contract.codec import sha256_hex
from contract.document import ClockQuality, Device, Versions
from contract.ids import INTEGER_MAX
from contract.incident_report import (
    SUBJECTS_MAX,
    Attribute,
    Description,
    EvidenceReference,
    IncidentReport,
    IncidentTime,
    Phase,
    Place,
    RuleStatement,
    Subject,
    TraceStep,
)
from contract.signing import SigningKey
from edge.clock import Moment
from edge.delivery.revision import ChainPosition, Revision, RevisionDraft
from edge.evidence.manifest import build_manifest
from edge.evidence.store import SealedFile
from edge.incidents import incident as incidents
from edge.incidents.description import describe as sentence
from edge.incidents.incident import Incident
from edge.rules.violation import Condition
from edge.verification.verdict import SKIPPED, Looked
from models.vlm.claims import Record, describe
from models.vlm.record_text import recorded


@dataclass(frozen=True, slots=True)
class Origin:
    """What every report of this box says of where it comes from."""

    box_id: str
    tenant: str
    site: str
    versions: Versions
    device: Device


@dataclass(frozen=True, slots=True)
class _Record:
    place: Place
    time: IncidentTime
    subjects: tuple[Subject, ...]
    subjects_total: int


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes drafts for one box. The key signs nothing but what a draft seals."""

    origin: Origin
    key: SigningKey

    def draft(
        self,
        incident: Incident,
        *,
        revision: int,
        phase: Phase,
        moment: Moment,
        files: Sequence[SealedFile],
        thumbnail: bytes | None,
        location: Mapping[str, Any],
        looked: Looked = SKIPPED,
    ) -> RevisionDraft:
        """moment: of the frame that this revision is made at. location: lat, lon, crs, address of the camera."""
        rule = incident.rule
        subjects = tuple(_subject(subject) for subject in incident.subjects[:SUBJECTS_MAX])
        place = Place(zone_id=rule.place_id, polygon=rule.polygon, **location)
        record = _Record(place, _time(incident, moment), subjects, incident.subjects_total)
        fields: dict[str, Any] = {
            "incident_id": incident.incident_id,
            "revision": revision,
            "phase": phase,
            "box_id": self.origin.box_id,
            "camera_id": incident.camera_id,
            "tenant": self.origin.tenant,
            "site": self.origin.site,
            "type_id": rule.type_id,
            "severity": rule.severity,
            "place": record.place,
            "time": record.time,
            "subjects": record.subjects,
            "subjects_total": record.subjects_total,
            "rule": RuleStatement(
                id=rule.rule_id,
                version=rule.version,
                kind=rule.kind,
                parameters=rule.parameters(),
                trace=tuple(_step(condition) for condition in incident.trace),
            ),
            "versions": self.origin.versions.model_copy(
                update={"vlm": looked.vlm, "prompt_sha256": looked.prompt_sha256}
            ),
            "device": self.origin.device,
            "verification": looked.verification,
            "description": self._description(incident, record, looked.stated, revision),
        }
        return _Draft(self, fields, tuple(files), thumbnail, _clock(moment))

    def _description(self, incident: Incident, record: Record, stated: str | None, revision: int) -> Description:
        """What a model states is held against this revision's record, so no number in it is older than the record."""
        template = Description(text=sentence(incident), claims=recorded(record).kept)
        if stated is None:
            return template
        origin = self.origin
        producer = f"{origin.tenant}.{origin.site}.{origin.box_id}"
        return describe(stated, record, template, producer=producer, produce_id=f"{incident.incident_id}.{revision}")

    def interruption(self, last: IncidentReport, moment: Moment) -> RevisionDraft:
        """Closes an incident that was open when the box died: what its last report said, without new files.

        `closed` is the time of the restart; `last_seen` stays.
        """
        time = last.time.model_copy(
            update={
                "closed": max(moment.wall, last.time.opened),
                "close_reason": "interrupted",
                "monotonic_ms": moment.monotonic_ms,
                "boot_id": moment.boot_id,
                "clock": _clock(moment),
            }
        )
        return self._after(last, moment, phase="close", time=time)

    def unanswered(self, last: IncidentReport, moment: Moment) -> RevisionDraft:
        """An incident that was closed when the box died, but still waited for its second look: nobody takes it now."""
        return self._after(last, moment, phase="update", time=last.time)

    def _after(self, last: IncidentReport, moment: Moment, *, phase: Phase, time: IncidentTime) -> RevisionDraft:
        """What the last report said, but for these; what it waited for will not come."""
        fields = {name: getattr(last, name) for name in IncidentReport.model_fields}
        del fields["schema_"], fields["signature"], fields["report_seq"], fields["evidence"]
        verification = SKIPPED.verification if last.verification.status == "pending" else last.verification
        fields |= {"revision": last.revision + 1, "phase": phase, "time": time, "verification": verification}
        thumbnail = None if last.evidence.thumbnail is None else base64.b64decode(last.evidence.thumbnail)
        return _Draft(self, fields, (), thumbnail, _clock(moment))


class _Draft(RevisionDraft):
    def __init__(
        self,
        writer: Writer,
        fields: dict[str, Any],
        files: tuple[SealedFile, ...],
        thumbnail: bytes | None,
        clock: ClockQuality,
    ) -> None:
        self.incident_id = fields["incident_id"]
        self._writer = writer
        self._fields = fields
        self._files = files
        self._thumbnail = thumbnail
        self._clock = clock

    def seal(self, position: ChainPosition) -> Revision:
        origin, key = self._writer.origin, self._writer.key
        manifest = key.sign(
            build_manifest(
                box_id=origin.box_id,
                incident_id=self.incident_id,
                revision=self._fields["revision"],
                report_seq=position.report_seq,
                previous_sha256=position.previous_sha256,
                items=[file.item for file in self._files],
                device=self._fields["device"],
                clock=self._clock,
                versions=self._fields["versions"],
            )
        )
        manifest_sha256 = sha256_hex(manifest)
        thumbnail = None if self._thumbnail is None else base64.b64encode(self._thumbnail).decode()
        report = IncidentReport(
            report_seq=position.report_seq,
            evidence=EvidenceReference(manifest_sha256=manifest_sha256, thumbnail=thumbnail),
            **self._fields,
        )
        payload = key.sign(report)
        return Revision(
            incident_id=report.incident_id,
            revision=report.revision,
            report_seq=position.report_seq,
            phase=report.phase,
            type_id=report.type_id,
            camera_id=report.camera_id,
            payload=payload,
            payload_sha256=sha256_hex(payload),
            manifest=manifest,
            manifest_sha256=manifest_sha256,
            files=self._files,
            urgent=report.severity == "safety",
            settled=report.time.closed is not None and report.verification.status != "pending",
        )


def _time(incident: Incident, moment: Moment) -> IncidentTime:
    return IncidentTime(
        first_seen=incident.first_seen.moment.wall,
        opened=incident.opened.moment.wall,
        last_seen=incident.last_seen.moment.wall,
        closed=None if incident.closed is None else incident.closed.moment.wall,
        close_reason=incident.close_reason,
        monotonic_ms=min(moment.monotonic_ms, INTEGER_MAX),
        boot_id=moment.boot_id,
        clock=_clock(moment),
    )


def _step(condition: Condition) -> TraceStep:
    return TraceStep(
        condition=condition.name,
        value=condition.value,
        threshold=condition.threshold,
        unit=condition.unit,
        holds=condition.holds,
    )


def _subject(subject: incidents.Subject) -> Subject:
    x1, y1, x2, y2 = (round(side, 5) for side in subject.box)
    return Subject(
        track_id=subject.track_id,
        class_=subject.class_name,
        score=round(min(max(subject.score, 0.0), 1.0), 4),
        frames=subject.frames,
        box=(x1, y1, x2, y2),
        attributes={one.name: Attribute(state=one.state, score=round(one.score, 4)) for one in subject.attributes},
    )


def _clock(moment: Moment) -> ClockQuality:
    quality = moment.quality
    return ClockQuality(state=quality.state, offset_ms=quality.offset_ms, source=quality.source)
