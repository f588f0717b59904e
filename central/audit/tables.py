"""The access register: who looked at which original, when, and for what reason."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from central.database.metadata import Base, Serial


class Access(Base):
    """A `grant` (a reason given for one incident, good until `expires_at`) or a `view` of one file."""

    __tablename__ = "access_register"
    __table_args__ = (Index("ix_access_register_incident_id_at", "incident_id", "at"),)

    access_id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(8))  # grant, view
    incident_id: Mapped[str] = mapped_column(String(36))
    sha256: Mapped[str | None] = mapped_column(String(64))  # of the file, for a view
    reviewer: Mapped[str] = mapped_column(String(100))
    authority: Mapped[str] = mapped_column(String(16), default="unauthenticated")
    reason: Mapped[str] = mapped_column(String(300))
    grant_sha256: Mapped[str | None] = mapped_column(String(64), index=True)  # hash of the grant's token
    expires_at: Mapped[datetime | None]
