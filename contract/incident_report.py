"""IncidentReport: one whole revision of one incident, as a box tells it."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from contract.document import ClockQuality, Device, Document, Part, Versions
from contract.ids import BoxXyxy, Count, IncidentId, Ordinal, Point, Real, Relative, Sha256, Slug, Timestamp

Phase = Literal["open", "update", "close"]
Severity = Literal["safety", "alert", "lead"]
CloseReason = Literal["ended", "interrupted", "camera_lost", "rule_changed", "disabled"]
SUBJECTS_MAX = 50
THUMBNAIL_BYTES_MAX = 20_480


class Place(Part):
    zone_id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")  # a zone, a line, or `frame`
    polygon: tuple[Point, ...]  # relative; two points for a line
    lat: Real | None = None
    lon: Real | None = None
    crs: str | None = None
    address: str | None = None
    grid: str | None = None


class IncidentTime(Part):
    """first_seen: the conditions first held; opened: the dwell was done; all wall times of the box."""

    first_seen: Timestamp
    opened: Timestamp
    last_seen: Timestamp
    closed: Timestamp | None = None
    close_reason: CloseReason | None = None
    monotonic_ms: Count
    boot_id: str
    clock: ClockQuality


class Attribute(Part):
    state: Literal["present", "absent", "unclear"]
    score: Relative


class Plate(Part):
    text: str
    confidence: Relative
    votes: Count


class Subject(Part):
    """box: relative xyxy in the key frame. frames: detections of the track so far."""

    track_id: Count
    class_: str = Field(alias="class")
    score: Relative
    frames: Count
    box: BoxXyxy
    attributes: dict[str, Attribute] = Field(default_factory=dict)
    plate: Plate | None = None


class TraceStep(Part):
    """One condition of the rule with what was measured, so that the verdict can be computed again."""

    condition: str
    value: float | int | str | bool
    threshold: float | int | str | bool
    unit: str
    holds: bool


class RuleStatement(Part):
    id: Slug
    version: str = Field(pattern=r"^[0-9a-f]{12}$")
    kind: str
    parameters: dict[str, Any]
    trace: tuple[TraceStep, ...]


class Question(Part):
    id: str
    verdict: Literal["yes", "no", "cannot_tell", "failed"]
    p_yes: Relative
    p_no: Relative
    mass: Relative


class Verification(Part):
    """The second look's result; never a state of the case."""

    status: Literal["pending", "confirmed", "rejected", "not_confirmed", "failed", "skipped"] = "skipped"
    questions: tuple[Question, ...] = ()
    suspicious_text: bool = False
    ms: Real | None = None


class Claim(Part):
    text: str
    track_ids: tuple[Count, ...] = ()
    field: str | None = None


class Description(Part):
    authority: Literal["auxiliary"] = "auxiliary"
    source: Literal["template", "model"] = "template"
    text: dict[Literal["zh-CN", "en"], str]
    claims: tuple[Claim, ...] = ()
    removed: Count = 0
    aigc: dict[str, Any] | None = None


class EvidenceReference(Part):
    manifest_sha256: Sha256
    thumbnail: str | None = Field(default=None, max_length=THUMBNAIL_BYTES_MAX * 4 // 3 + 4)  # JPEG, base64


class IncidentReport(Document):
    SCHEMA: ClassVar[str] = "xunjian.incident/1"

    incident_id: IncidentId
    revision: Count
    report_seq: Ordinal
    phase: Phase
    box_id: Slug
    camera_id: Slug
    tenant: Slug
    site: Slug
    type_id: str = Field(pattern=r"^[a-z]+\.[a-z_]+$")
    severity: Severity
    place: Place
    time: IncidentTime
    subjects: tuple[Subject, ...] = Field(max_length=SUBJECTS_MAX)
    subjects_total: Count
    rule: RuleStatement
    versions: Versions
    device: Device
    verification: Verification = Verification()
    description: Description
    evidence: EvidenceReference
