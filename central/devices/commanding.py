"""Commands to boxes: signed, numbered for each box and name, logged with their answers; in the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.devices.tables import Box, CommandEntry
from contract import topics
from contract.command import Command
from contract.errors import ContractError
from contract.ids import uuid7
from contract.signing import SigningKey

LASTS = timedelta(hours=24)  # as long as a broker keeps messages for a box that is away
LISTED_MAX = 20

SentName = Literal["rules", "resend", "config", "pause", "test_rules"]  # what people send
IssuedName = Literal[SentName, "feedback"]  # `feedback` goes out with each decision


class CommandError(Exception):
    """reason: `not_found`, `too_large`, `malformed`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Issued:
    """A command that is logged and may go out once the transaction has committed."""

    entry: CommandEntry
    topic: str
    payload: bytes


def issue(
    session: Session, key: SigningKey, box_id: str, name: IssuedName, body: dict[str, Any], *, by: str, now: datetime
) -> Issued:
    """by: who sends it. Raises CommandError, having changed nothing."""
    if session.get(Box, box_id, with_for_update=True) is None:
        raise CommandError("not_found", f"there is no box {box_id} here")
    newest = session.scalar(
        select(func.max(CommandEntry.version)).where(CommandEntry.box_id == box_id, CommandEntry.name == name)
    )
    command = Command(
        box_id=box_id,
        name=name,
        command_id=uuid7(now),
        version=(newest or 0) + 1,
        issued=now,
        expires=now + LASTS,
        body=body,
    )
    try:
        payload = key.sign(command)
    except (ContractError, UnicodeError, RecursionError) as error:
        raise CommandError("malformed", f"the body cannot be signed: {error}") from error
    if b"\\u0000" in payload:
        raise CommandError("malformed", "the body holds a character 0")
    if len(payload) > topics.PAYLOAD_BYTES_MAX:
        raise CommandError("too_large", f"{len(payload)} bytes, a message holds {topics.PAYLOAD_BYTES_MAX}")
    entry = CommandEntry(
        command_id=command.command_id,
        box_id=box_id,
        name=name,
        version=command.version,
        issued=command.issued,
        expires=command.expires,
        body=body,
        issued_by=by,
    )
    session.add(entry)
    return Issued(entry, str(topics.Topic(box_id, "command", name)), payload)


def commands_of(session: Session, box_id: str, limit: int = LISTED_MAX) -> list[CommandEntry]:
    """What people sent, newest first."""
    query = select(CommandEntry).where(CommandEntry.box_id == box_id, CommandEntry.name != "feedback")
    return list(session.scalars(query.order_by(CommandEntry.issued.desc(), CommandEntry.version.desc()).limit(limit)))
