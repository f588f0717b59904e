"""Heartbeat and availability: how a box is."""

from typing import ClassVar, Literal

from pydantic import Field

from contract.document import ClockQuality, Document, Part, Versions
from contract.ids import Count, Ordinal, Seconds, Sha256, Slug, Timestamp

CameraState = Literal["online", "degraded", "blind", "frozen", "moved", "offline", "disabled"]


class ChainPosition(Part):
    seq: Count
    sha256: Sha256 | None = None


class OutboxState(Part):
    rows: Count
    oldest_age_s: Seconds | None = None
    set_aside: Count = 0


class CameraStatus(Part):
    camera_id: Slug
    state: CameraState
    last_frame_age_s: Seconds | None = None
    fps_in: Seconds
    fps_analysed: Seconds
    shed: Count = 0


class VerifierState(Part):
    state: Literal["absent", "ready", "busy", "failed"] = "absent"
    queue: Count = 0


class DiskState(Part):
    free_bytes: Count
    state: Literal["ok", "low", "full", "read_only"]


class Heartbeat(Document):
    SCHEMA: ClassVar[str] = "xunjian.heartbeat/1"

    box_id: Slug
    session: Ordinal
    sent: Timestamp
    uptime_s: Seconds
    clock: ClockQuality
    report_seq_high: Count
    report_seq_low: Count | None = None  # the lowest still queued
    chain: ChainPosition
    outbox: OutboxState
    cameras: tuple[CameraStatus, ...] = Field(max_length=256)
    verifier: VerifierState = VerifierState()
    disk: DiskState
    temperature_c: float | None = None
    versions: Versions
    faults: tuple[str, ...] = Field(default=(), max_length=64)


class Availability(Document):
    """Retained; `offline` is the last will. An older session than the one seen is ignored."""

    SCHEMA: ClassVar[str] = "xunjian.availability/1"

    box_id: Slug
    state: Literal["online", "offline"]
    session: Ordinal
