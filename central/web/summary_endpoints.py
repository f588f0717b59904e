"""The summaries page."""

from datetime import datetime

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from central.clock import now
from central.database.engine import Database, database_of
from central.problem import ProblemError
from central.summaries.endpoints import SiteQuery, asking, local
from central.summaries.repository import TooManyError
from central.summaries.texts import Ask
from central.web.error_pages import PageError
from central.web.rendering import html, words_of
from central.web.summaries import summary_context
from central.web.wording import Wording
from models.vlm.period import Period, PeriodName

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/summaries", response_model=None)
def summaries_page(
    request: Request,
    *,
    period: PeriodName = "day",
    at: datetime | None = None,
    site: SiteQuery = "",
    t: Wording = Depends(words_of),
    database: Database = Depends(database_of),
    ask: Ask | None = Depends(asking),
) -> HTMLResponse:
    """Of the period that holds `at`; a period with too much to count is said instead of counted."""
    try:
        chosen = Period.around(period, local(at))
    except ProblemError as error:
        raise PageError("wrong_query") from error
    with database.reading() as session:
        try:
            context = summary_context(session, chosen, site, now(), t, ask=ask)
        except TooManyError:
            return html(request, "too_many.html", t, {}, 422)
    return html(request, "summaries.html", t, context)
