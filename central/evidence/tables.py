"""Manifests that reports named, the files that manifests listed, and uploads on their way."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from central.database.metadata import Base


class Dossier(Base):
    """The evidence of one incident as a whole: pending, complete, or unverified with the first reason."""

    __tablename__ = "dossiers"

    incident_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    state: Mapped[str] = mapped_column(String(12), default="pending")
    reason: Mapped[str | None] = mapped_column(String(300))


class Manifest(Base):
    """Expected as soon as its report is stored. previous_sha256: of the link before it, as the manifest says."""

    __tablename__ = "manifests"
    __table_args__ = (UniqueConstraint("box_id", "key_id", "report_seq"),)

    incident_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.box_id"))
    key_id: Mapped[str] = mapped_column(String(16))
    report_seq: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(12), default="expected")  # expected, held, unverified
    reason: Mapped[str | None] = mapped_column(String(300))
    previous_sha256: Mapped[str | None] = mapped_column(String(64))
    stored_at: Mapped[datetime | None]


class Item(Base):
    """One line of a manifest: what a file is in this incident."""

    __tablename__ = "items"

    incident_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.box_id"))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    role: Mapped[str] = mapped_column(String(16))
    captured_first: Mapped[datetime]
    captured_last: Mapped[datetime]
    derived_from: Mapped[str | None] = mapped_column(String(64))
    tool: Mapped[str | None] = mapped_column(String(100))
    redacted: Mapped[bool]


class File(Base):
    """A file of a box, by its hash. held = all its bytes are durable here. fault: held, but not what it says it is.

    refused: only a manifest that does not hold lists it, so it is not taken.
    """

    __tablename__ = "files"

    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.box_id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(8), default="pending")  # pending, held, refused
    fault: Mapped[str | None] = mapped_column(String(300))
    stored_at: Mapped[datetime | None]


class Upload(Base):
    """A tus upload on its way. How far it is, the store knows: it holds the bytes under `upload_id`."""

    __tablename__ = "uploads"
    __table_args__ = (UniqueConstraint("box_id", "sha256"),)

    upload_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.box_id"))
    sha256: Mapped[str] = mapped_column(String(64))
    length: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime]


class Playback(Base):
    """Whether a browser plays a clip, and the copy that was made if not. document: the centre's signed record of it."""

    __tablename__ = "playbacks"

    original_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(12))  # made, not_needed, failed
    reason: Mapped[str | None] = mapped_column(String(300))
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    document: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
