"""`POST /api/boxes`: a box introduces itself. `GET /api/boxes`: the register."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from central.body import bounded_body
from central.database.engine import Database, database_of
from central.devices.enrolment import INTRODUCTION_BYTES_MAX, EnrolmentError, introduce
from central.devices.repository import list_boxes
from central.devices.schemas import BoxList, BoxOut
from central.problem import ProblemError, problems
from contract.enrolment import Introduction, Welcome

STATUS = {"malformed": 400, "signature": 403, "token": 403, "taken": 409}
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
