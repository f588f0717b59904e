"""Boxes that this centre knows, the tokens that let them in, and report numbers that never came."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from central.database.metadata import Base


class Box(Base):
    """`session`, `uptime_s`: of the newest heartbeat or availability taken; older ones are ignored."""

    __tablename__ = "boxes"

    box_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    public_key: Mapped[str] = mapped_column(String(44))  # base64 of the 32 raw bytes
    key_id: Mapped[str] = mapped_column(String(16), index=True)
    tenant: Mapped[str] = mapped_column(String(63))
    site: Mapped[str] = mapped_column(String(63))
    software: Mapped[str] = mapped_column(String(64))
    enrolled_at: Mapped[datetime]
    availability: Mapped[str] = mapped_column(String(8), default="unknown")  # unknown, online, offline
    availability_at: Mapped[datetime | None]
    session: Mapped[int] = mapped_column(BigInteger, default=0)
    uptime_s: Mapped[float] = mapped_column(default=0.0)
    heartbeat: Mapped[dict[str, Any] | None]
    heartbeat_at: Mapped[datetime | None]
    chain_seq: Mapped[int] = mapped_column(BigInteger, default=0)  # the highest link a heartbeat named
    chain_sha256: Mapped[str | None] = mapped_column(String(64))
    high_water: Mapped[int] = mapped_column(BigInteger, default=0)  # every number up to here is stored or rejected


class Loss(Base):
    """A report number below the box's lowest queued one that the centre lacks. `found_at`: it came after all."""

    __tablename__ = "losses"

    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.box_id"), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    report_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    noticed_at: Mapped[datetime]
    found_at: Mapped[datetime | None]


class Token(Base):
    """A one-time token; only its hash is kept. `answer`: the Welcome given, the same again within its lifetime."""

    __tablename__ = "tokens"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tenant: Mapped[str] = mapped_column(String(63))
    site: Mapped[str] = mapped_column(String(63))
    box_id: Mapped[str | None] = mapped_column(String(63))  # the only box that may use it, when one was named
    used_at: Mapped[datetime | None]
    used_by: Mapped[str | None] = mapped_column(String(63))
    used_key: Mapped[str | None] = mapped_column(String(44))
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
