"""Valid messages for tests, each made by one call; keyword arguments replace top-level fields."""

from datetime import UTC, datetime
from typing import Any

from contract.document import ClockQuality, Device, Versions
from contract.evidence_manifest import EvidenceItem, EvidenceManifest
from contract.ids import uuid7
from contract.incident_report import (
    Description,
    EvidenceReference,
    IncidentReport,
    IncidentTime,
    Place,
    RuleStatement,
    Subject,
    TraceStep,
)

NOW = datetime(2026, 3, 1, 8, 30, 0, 250_000, tzinfo=UTC)
CLOCK = ClockQuality(state="synced", offset_ms=1.5, source="ntp")
VERSIONS = Versions(
    software="0.1.0",
    detector=Versions.Detector(name="scripted", sha256="0" * 64, engine="scripted", precision="none"),
    rule_pack="a1b2c3d4e5f6",
    catalogue="a1b2c3d4e5f6",
)


def incident_report(**fields: Any) -> IncidentReport:
    trace = (TraceStep(condition="dwell", value=1.2, threshold=1.0, unit="s", holds=True),)
    values: dict[str, Any] = {
        "incident_id": uuid7(NOW),
        "revision": 0,
        "report_seq": 1,
        "phase": "open",
        "box_id": "box-1",
        "camera_id": "hall_1",
        "tenant": "default",
        "site": "default",
        "type_id": "site.intrusion",
        "severity": "alert",
        "place": Place(zone_id="table", polygon=((0.35, 0.5), (0.75, 0.5), (0.75, 1.0), (0.35, 1.0))),
        "time": IncidentTime(
            first_seen=NOW, opened=NOW, last_seen=NOW, monotonic_ms=123_456, boot_id="boot-1", clock=CLOCK
        ),
        "subjects": (Subject(track_id=1, class_="person", score=0.9, frames=12, box=(0.4, 0.4, 0.5, 0.9)),),
        "subjects_total": 1,
        "rule": RuleStatement(
            id="intrusion-table", version="0123456789ab", kind="zone_presence", parameters={"dwell_s": 1.0}, trace=trace
        ),
        "versions": VERSIONS,
        "device": Device(),
        "description": Description(
            text={"zh-CN": "1 人在区域 table 停留 1.2 秒（线索）", "en": "1 person in zone table for 1.2 s (lead)"}
        ),
        "evidence": EvidenceReference(manifest_sha256="a" * 64),
    }
    return IncidentReport(**(values | fields))


def evidence_manifest(*items: EvidenceItem, **fields: Any) -> EvidenceManifest:
    values: dict[str, Any] = {
        "box_id": "box-1",
        "incident_id": uuid7(NOW),
        "revision": 0,
        "report_seq": 1,
        "chain_seq": 1,
        "previous_sha256": None,
        "items": items,
        "device": Device(),
        "clock": CLOCK,
        "versions": VERSIONS,
    }
    return EvidenceManifest(**(values | fields))


def evidence_item(data: bytes, media_type: str = "image/png", role: str = "key_frame", **fields: Any) -> EvidenceItem:
    import hashlib

    values: dict[str, Any] = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "media_type": media_type,
        "role": role,
        "captured_first": NOW,
        "captured_last": NOW,
    }
    return EvidenceItem(**(values | fields))
