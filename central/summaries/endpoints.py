"""`GET /api/summaries`: what happened in an hour, a shift, a day or a week."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from central.clock import now
from central.database.engine import Database, database_of
from central.problem import ProblemError, problems
from central.summaries.repository import TooManyError
from central.summaries.schemas import SummaryAnswer
from central.summaries.service import facts_and_table
from central.summaries.texts import Ask, tell
from models.vlm.period import Period, PeriodName
from models.vlm.summary import LANGUAGES

router = APIRouter(prefix="/api/summaries", tags=["summaries"])
SiteQuery = Annotated[str, Query(max_length=63)]


def local(at: datetime | None) -> datetime:
    """A moment in the centre's zone, which days and shifts begin in; without one, now. ProblemError when it is no
    time that a calendar has room around.
    """
    try:
        moment = (at or now()).astimezone()
        Period.around("week", moment).previous.previous  # noqa: B018 - room for both periods
        Period.around("week", moment).end.astimezone()
    except (OverflowError, ValueError, OSError) as error:
        raise ProblemError(422, "at", "`at` is outside the years that can be counted") from error
    return moment


def asking(request: Request) -> Ask | None:
    """None at a centre without a language model."""
    ask: Ask | None = request.app.state.ask_for_summary
    return ask


@router.get("", responses=problems(422))
def read_summary(
    period: PeriodName = "day",
    at: datetime | None = None,
    site: SiteQuery = "",
    database: Database = Depends(database_of),
    ask: Ask | None = Depends(asking),
) -> SummaryAnswer:
    """Of the period that holds `at`, in the centre's zone. Shifts begin at 06, 14 and 22 o'clock, weeks on Monday."""
    moment = local(at)
    with database.reading() as session:
        try:
            facts, table = facts_and_table(session, Period.around(period, moment), site or None, now())
        except TooManyError as error:
            raise ProblemError(422, "too_many", str(error)) from error
        texts = {language: tell(session, table, language, ask) for language in LANGUAGES}
    return SummaryAnswer.of(facts, texts)
