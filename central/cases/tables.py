"""Incidents as they stand, every revision that made them, what was refused, and what people decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from central.database.metadata import Base, Serial


class Incident(Base):
    """The newest revision of one incident, with what the centre adds: register, receipt, decision."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index("ix_incidents_received_at_incident_id", "received_at", "incident_id"),
        Index("ix_incidents_state_received_at", "state", "received_at"),
        Index("ix_incidents_priority", "priority", "received_at", "incident_id"),
        Index("ix_incidents_state_priority", "state", "priority", "received_at", "incident_id"),
    )

    incident_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.box_id"), index=True)
    camera_id: Mapped[str] = mapped_column(String(63))
    tenant: Mapped[str] = mapped_column(String(63))  # of the register, whatever the report says
    site: Mapped[str] = mapped_column(String(63))
    place_differs: Mapped[bool] = mapped_column(default=False)  # a report named another tenant or site
    type_id: Mapped[str] = mapped_column(String(64), index=True)
    severity: Mapped[str] = mapped_column(String(8))  # safety, alert, lead
    zone_id: Mapped[str] = mapped_column(String(63))
    rule_id: Mapped[str] = mapped_column(String(63))
    phase: Mapped[str] = mapped_column(String(8))  # of the newest revision: open, update, close
    first_seen: Mapped[datetime]
    opened: Mapped[datetime]
    last_seen: Mapped[datetime]
    closed: Mapped[datetime | None]
    close_reason: Mapped[str | None] = mapped_column(String(16))
    revision: Mapped[int] = mapped_column(BigInteger)  # the newest
    report: Mapped[dict[str, Any]]  # the newest IncidentReport, as received
    search_text: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]  # of whichever revision came first
    updated_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)
    conflicts: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(12), default="lead")  # lead, confirmed, rejected, inconclusive
    decisions: Mapped[int] = mapped_column(default=0)  # how many; the newest decision's version
    priority: Mapped[int] = mapped_column(
        SmallInteger, default=0, server_default="0"
    )  # in the queue, the greatest first


class Revision(Base):
    """One stored report. `stored_seq` grows with every commit: what an event stream resumes from."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("incident_id", "revision"), UniqueConstraint("box_id", "key_id", "report_seq"))

    stored_seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.incident_id"))
    revision: Mapped[int] = mapped_column(BigInteger)
    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.box_id"))
    key_id: Mapped[str] = mapped_column(String(16))  # a replaced box counts from 1 again under its new key
    report_seq: Mapped[int] = mapped_column(BigInteger)
    phase: Mapped[str] = mapped_column(String(8))
    payload: Mapped[bytes] = mapped_column(LargeBinary)  # the signed bytes as received
    payload_sha256: Mapped[str] = mapped_column(String(64))
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]


class Rejection(Base):
    """A signed report that was not stored, kept with the reason; `conflict`: other bytes stand under its number."""

    __tablename__ = "rejections"
    __table_args__ = (UniqueConstraint("box_id", "payload_sha256"),)

    rejection_id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.box_id"))
    key_id: Mapped[str] = mapped_column(String(16))
    report_seq: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[str] = mapped_column(String(36), index=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(String(300))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    payload_sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]


class Decision(Base):
    """What a person said about an incident. The newest stands; none is ever changed."""

    __tablename__ = "decisions"

    incident_id: Mapped[str] = mapped_column(ForeignKey("incidents.incident_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)  # 1.. per incident
    decision: Mapped[str] = mapped_column(String(12))  # confirmed, rejected, inconclusive
    reason_code: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(Text, default="")
    reviewer: Mapped[str] = mapped_column(String(100))
    authority: Mapped[str] = mapped_column(String(16), default="unauthenticated")
    seen_revision: Mapped[int] = mapped_column(BigInteger)
    decided_at: Mapped[datetime]
