"""The access register: reasons given, files seen. Every function works inside the caller's transaction."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.audit.access import GRANT_LASTS, Grant, RegisterEntry, token_sha256
from central.audit.reviewer import Reviewer
from central.audit.tables import Access

PAGE_SIZE_MAX = 200


def open_access(
    session: Session, incident_id: str, reviewer: Reviewer, reason: str, now: datetime
) -> tuple[str, Grant]:
    """Registers the reason; the token opens this incident's originals, and only its hash is kept."""
    token = secrets.token_urlsafe(24)
    grant = Grant(incident_id, reviewer.name, reviewer.authority, reason, now + GRANT_LASTS)
    entry = Access(
        at=now,
        action="grant",
        incident_id=incident_id,
        sha256=None,
        reviewer=reviewer.name,
        authority=reviewer.authority,
        reason=reason,
        grant_sha256=token_sha256(token),
        expires_at=grant.expires_at,
    )
    session.add(entry)
    session.flush()
    return token, grant


def granted(session: Session, token: str, now: datetime) -> Grant | None:
    """The grant that a token stands for, while it lasts."""
    entry = session.scalar(
        select(Access).where(Access.grant_sha256 == token_sha256(token), Access.action == "grant").limit(1)
    )
    if entry is None or entry.expires_at is None or entry.expires_at <= now:
        return None
    return Grant(entry.incident_id, entry.reviewer, entry.authority, entry.reason, entry.expires_at)


def register_view(session: Session, grant: Grant, sha256: str, now: datetime) -> None:
    """One file was sent under a grant."""
    session.add(
        Access(
            at=now,
            action="view",
            incident_id=grant.incident_id,
            sha256=sha256,
            reviewer=grant.reviewer,
            authority=grant.authority,
            reason=grant.reason,
            grant_sha256=None,
            expires_at=None,
        )
    )
    session.flush()


def register_view_once(session: Session, grant: Grant, sha256: str, now: datetime) -> None:
    """A player asks for many pieces of one file: they are one view, as long as a grant lasts."""
    since = now - GRANT_LASTS
    seen = select(Access.access_id).where(
        Access.incident_id == grant.incident_id,
        Access.action == "view",
        Access.sha256 == sha256,
        Access.reviewer == grant.reviewer,
        Access.reason == grant.reason,
        Access.at > since,
    )
    if session.scalar(seen.limit(1)) is None:
        register_view(session, grant, sha256, now)


def register_of(session: Session, incident_id: str | None = None, limit: int = PAGE_SIZE_MAX) -> list[RegisterEntry]:
    """Newest first."""
    query = select(Access).order_by(Access.access_id.desc()).limit(min(limit, PAGE_SIZE_MAX))
    if incident_id is not None:
        query = query.where(Access.incident_id == incident_id)
    return [
        RegisterEntry(
            row.access_id, row.at, row.action, row.incident_id, row.sha256, row.reviewer, row.authority, row.reason
        )
        for row in session.scalars(query)
    ]
