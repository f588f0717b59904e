"""`/api/media/{sha256}`: is it held, and seeing it. An original needs a reason first; every view is registered."""

from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy.orm import Session

from central.audit.access import Grant
from central.audit.reviewer import AUTHORITY, from_cookie
from central.audit.service import granted, register_view_once
from central.database.engine import Database, database_of
from central.evidence.deposit import Deposit
from central.evidence.repository import Held, held_media
from central.evidence.tus import deposit_of
from central.problem import ProblemError, problems
from contract.evidence_manifest import EXTENSIONS

UNSEEN_ROLES = frozenset({"tracks", "manifest"})  # numbers, no picture of anybody
UNNAMED = "unnamed"

router = APIRouter(prefix="/api/media", tags=["media"])
Sha256Path = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.head("/{sha256}", response_class=Response, responses=problems(404))
def ask_whether_held(
    sha256: Sha256Path, database: Database = Depends(database_of), deposit: Deposit = Depends(deposit_of)
) -> Response:
    """200: all its bytes are durable here."""
    with database.reading() as session:
        held = held_media(session, sha256)
    path = deposit.store.find(sha256)
    if held is None or path is None:
        return Response(status_code=404)
    return Response(headers={"Content-Length": str(path.stat().st_size), "Content-Type": held.served_type})


@router.get("/{sha256}", response_class=FileResponse, responses=problems(403, 404))
def see_media(
    request: Request,
    sha256: Sha256Path,
    *,
    access: Annotated[str | None, Query(max_length=100)] = None,
    xunjian_reviewer: Annotated[str | None, Cookie()] = None,
    database: Database = Depends(database_of),
    deposit: Deposit = Depends(deposit_of),
) -> Response:
    """The file, with ranges. access: of `POST /api/incidents/{id}/access`; needed for clips and key frames."""
    path = deposit.store.find(sha256)
    with database.writing() as session:
        held = held_media(session, sha256)
        if held is None or path is None:
            raise ProblemError(404, "not_held", "no such file is held here (yet)")
        now = request.app.state.now()
        if held.original:
            register_view_once(session, _grant(session, held, access, request), sha256, now)
        elif not held.roles <= UNSEEN_ROLES:
            who = from_cookie(xunjian_reviewer)
            name, authority = (who.name, who.authority) if who else (UNNAMED, AUTHORITY)
            for incident_id in sorted(held.incident_ids):
                register_view_once(session, Grant(incident_id, name, authority, "derivative", now), sha256, now)
    return FileResponse(
        path,
        media_type=held.served_type,
        headers={
            "Cache-Control": "private, no-store" if held.original else "private, max-age=3600",
            "Content-Disposition": f'inline; filename="{sha256[:16]}.{EXTENSIONS.get(held.served_type, "bin")}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


def _grant(session: Session, held: Held, access: str | None, request: Request) -> Grant:
    if access is None:
        raise ProblemError(403, "access_needed", "an original opens after a reason: POST /api/incidents/{id}/access")
    grant = granted(session, access, request.app.state.now())
    if grant is None or grant.incident_id not in held.incident_ids:
        raise ProblemError(
            403, "access_expired", "this access has ended or is for another incident: give the reason again"
        )
    return grant
