"""Boxes that this centre knows: their tokens, what they run and see, what they were told, what never came."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from central.database.metadata import Base, Serial


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


class Outage(Base):
    """A time in which a camera did not watch, or nothing was heard of a box: then camera_id is empty and state is
    `unheard`. By this centre's clock, when the heartbeats came. until: None while it lasts.
    """

    __tablename__ = "outages"

    outage_id: Mapped[int] = mapped_column(Serial, primary_key=True)
    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.box_id"), index=True)
    camera_id: Mapped[str] = mapped_column(String(63))
    state: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime] = mapped_column(index=True)
    until: Mapped[datetime | None]


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


class RunningState(Base):
    """What a box says it runs, the newest of each name: `config`, `rules`, `models`, `versions`."""

    __tablename__ = "box_states"

    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.box_id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    session: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]


class CameraStill(Base):
    """The newest pixelated picture of a camera. `captured`: as the box says; its clock may be wrong."""

    __tablename__ = "stills"

    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.box_id"), primary_key=True)
    camera_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    captured: Mapped[datetime]
    jpeg: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]


class CommandEntry(Base):
    """A command that was sent, and the box's answer to it once there is one."""

    __tablename__ = "commands"
    __table_args__ = (UniqueConstraint("box_id", "name", "version"),)

    command_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    box_id: Mapped[str] = mapped_column(ForeignKey("boxes.box_id"))
    name: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(BigInteger)  # per box and name, never back
    issued: Mapped[datetime]
    expires: Mapped[datetime]
    body: Mapped[dict[str, Any]]
    result: Mapped[str | None] = mapped_column(String(8))  # applied, refused
    reason: Mapped[str | None] = mapped_column(String(300))
    data: Mapped[dict[str, Any] | None]
    answered_at: Mapped[datetime | None]
    issued_by: Mapped[str | None] = mapped_column(String(60))
