"""The reviewer's name, and the access register."""

from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Query, Response

from central.audit import reviewer, service
from central.audit.schemas import RegisterLine, ReviewerName
from central.database.engine import Database, database_of
from central.problem import ProblemError, problems

YEAR_S = 365 * 24 * 3600

router = APIRouter(prefix="/api", tags=["audit"])


def named_reviewer(xunjian_reviewer: Annotated[str | None, Cookie()] = None) -> reviewer.Reviewer:
    """The reviewer who gave a name in this browser; for `Depends`. Refuses a request without one."""
    who = reviewer.from_cookie(xunjian_reviewer)
    if who is None:
        raise ProblemError(403, "reviewer_missing", "say who you are first: POST /api/reviewer with a name")
    return who


@router.post("/reviewer", responses=problems(422))
def name_reviewer(body: ReviewerName, response: Response) -> ReviewerName:
    name = reviewer.clean_name(body.name)
    if name is None:
        raise ProblemError(422, "reviewer_missing", "a name needs at least one visible letter")
    response.set_cookie(
        reviewer.COOKIE, reviewer.Reviewer(name).cookie, max_age=YEAR_S, httponly=True, samesite="strict"
    )
    return ReviewerName(name=name)


@router.get("/access-register")
def access_register(
    incident_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=service.PAGE_SIZE_MAX)] = 100,
    database: Database = Depends(database_of),
) -> list[RegisterLine]:
    with database.reading() as session:
        return [RegisterLine.model_validate(entry) for entry in service.register_of(session, incident_id, limit)]
