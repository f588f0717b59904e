"""Puts the pages, their files and their headers on the centre's application."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central.alerts import endpoints as alerts
from central.alerts.doorbell import Doorbell
from central.audit import endpoints as audit
from central.cases import endpoints as cases
from central.summaries import endpoints as summaries
from central.web import box_endpoints as boxes
from central.web import endpoints as pages
from central.web import error_pages, summary_endpoints

STATIC = Path(__file__).parent / "static"
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"


class ContentPolicy:
    """Every answer tells the browser to run and show only what this centre serves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("content-security-policy", POLICY)
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


def install(app: FastAPI, bell: Doorbell) -> None:
    """bell: rung by intake after each commit; `app.state.database` must be set before the first request."""
    app.state.doorbell = bell
    api = (cases.router, alerts.router, audit.router, summaries.router)
    for router in (*api, boxes.router, summary_endpoints.router, pages.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_exception_handler(error_pages.PageError, error_pages.answer_page_error)
    app.add_exception_handler(HTTPException, error_pages.answer_http_error)
    app.add_exception_handler(RequestValidationError, error_pages.answer_invalid)
    app.add_exception_handler(Exception, error_pages.answer_failure)
    app.add_middleware(ContentPolicy)
