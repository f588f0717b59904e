"""`POST /api/boxes`: a box introduces itself. `GET /api/boxes`: the register. `.../commands`: what boxes are told."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from central.audit.endpoints import named_reviewer
from central.audit.reviewer import Reviewer
from central.body import bounded_body
from central.database.engine import Database, database_of
from central.devices.commanding import CommandError, commands_of, issue
from central.devices.enrolment import INTRODUCTION_BYTES_MAX, EnrolmentError, introduce
from central.devices.repository import list_boxes
from central.devices.schemas import BoxList, BoxOut, CommandOut, CommandRequest
from central.devices.tables import CommandEntry
from central.problem import ProblemError, problems
from contract.enrolment import Introduction, Welcome
from contract.ids import Slug

STATUS = {"malformed": 400, "signature": 403, "token": 403, "taken": 409}
REFUSED = {"not_found": 404, "too_large": 413, "malformed": 422}
INTRODUCTION = {"description": f"a signed {Introduction.SCHEMA}", "content": {"application/json": {"schema": {}}}}

router = APIRouter(prefix="/api/boxes", tags=["boxes"])


@router.post(
    "",
    response_model=Welcome,
    responses=problems(*sorted(set(STATUS.values())), 413),
    openapi_extra={"requestBody": INTRODUCTION},
)
def introduce_box(
    request: Request,
    body: Annotated[bytes, Depends(bounded_body(INTRODUCTION_BYTES_MAX))],
    database: Annotated[Database, Depends(database_of)],
) -> Response:
    """Registers the box for whose key and id the one-time token is good, and answers with a signed Welcome."""
    state = request.app.state
    try:
        with database.writing() as session:
            welcome = introduce(session, state.key, state.box_broker, body, state.now())
    except EnrolmentError as error:
        raise ProblemError(STATUS[error.reason], error.reason, str(error)) from error
    return Response(welcome, media_type="application/json")


@router.get("")
def read_boxes(database: Annotated[Database, Depends(database_of)]) -> BoxList:
    """Every box of the register with its newest heartbeat."""
    with database.reading() as session:
        return BoxList(boxes=[BoxOut(**asdict(box)) for box in list_boxes(session)])


@router.post("/{box_id}/commands", status_code=202, responses=problems(403, *REFUSED.values()))
def send_command(
    request: Request,
    box_id: Slug,
    body: CommandRequest,
    reviewer: Annotated[Reviewer, Depends(named_reviewer)],
    database: Annotated[Database, Depends(database_of)],
) -> CommandOut:
    """Signs the command, logs it and sends it; the box's answer comes later, at `GET .../commands/{command_id}`."""
    state = request.app.state
    try:
        with database.writing() as session:
            issued = issue(session, state.key, box_id, body.name, body.body, by=reviewer.name, now=state.now())
    except CommandError as error:
        raise ProblemError(REFUSED[error.reason], error.reason, str(error)) from error
    state.send_to_box(issued.topic, issued.payload)
    return CommandOut.model_validate(issued.entry)


@router.get("/{box_id}/commands")
def read_commands(box_id: Slug, database: Annotated[Database, Depends(database_of)]) -> list[CommandOut]:
    """The newest ones, newest first."""
    with database.reading() as session:
        return [CommandOut.model_validate(entry) for entry in commands_of(session, box_id)]


@router.get("/{box_id}/commands/{command_id}", responses=problems(404))
def read_command(box_id: Slug, command_id: Slug, database: Annotated[Database, Depends(database_of)]) -> CommandOut:
    with database.reading() as session:
        entry = session.get(CommandEntry, command_id)
    if entry is None or entry.box_id != box_id:
        raise ProblemError(404, "not_found", "no such command was sent to this box")
    return CommandOut.model_validate(entry)
