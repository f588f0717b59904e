"""Opening originals: a reason given for one incident opens its files for a while. Pure; the token is the caller's."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

AccessReason = Literal["review", "on_site", "supervision", "objection", "other"]
ACCESS_REASONS: tuple[AccessReason, ...] = get_args(AccessReason)
GRANT_LASTS = timedelta(minutes=15)
REASON_LENGTH_MAX = 300


@dataclass(frozen=True, slots=True)
class Grant:
    """One entry of the register that opens `incident_id` until `expires_at`."""

    incident_id: str
    reviewer: str
    authority: str
    reason: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """action: `grant` (a reason was given) or `view` (a file was sent)."""

    access_id: int
    at: datetime
    action: str
    incident_id: str
    sha256: str | None
    reviewer: str
    authority: str
    reason: str


def reason_text(code: AccessReason, note: str) -> str:
    """What the register keeps: the code, and the reviewer's own words behind it. Raises ValueError."""
    note = " ".join(note.split())
    if code == "other" and not note:
        raise ValueError("say in a few words why the original is opened")
    return f"{code}: {note}"[:REASON_LENGTH_MAX] if note else code


def token_sha256(token: str) -> str:
    """What is stored in place of the token."""
    return hashlib.sha256(token.encode()).hexdigest()
