"""Who may ask what: the pages answer on loopback names only, the boxes' listener knows only what boxes need."""

import re
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central.problem import Problem

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
BOX_REQUESTS = re.compile(
    r"POST /api/boxes|(POST|OPTIONS) /api/media|(HEAD|PATCH) /api/media/uploads/[0-9a-f]{32}"
    r"|HEAD /api/media/[0-9a-f]{64}|GET /healthz"
)
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Doorkeeper:
    """ASGI middleware. box_port: of the listener for boxes, where it is another than the pages'.

    There are no accounts yet, so a web page of somebody else must not reach this one through a browser: names that
    resolve to loopback (DNS rebinding) fail on Host, foreign pages on Origin. Any port is fine, so an ssh tunnel works.
    """

    def __init__(self, app: ASGIApp, box_port: int | None = None) -> None:
        self._app = app
        self._box_port = box_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        problem = self._refusal(scope)
        if problem is not None:
            await JSONResponse(problem.model_dump(), 403)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                there = {name.lower() for name, _ in headers}
                message["headers"] = [*headers, *(pair for pair in SECURITY_HEADERS if pair[0] not in there)]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Problem | None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get(b"origin")
        if self._box_port is not None and (scope.get("server") or (None, None))[1] == self._box_port:
            if origin is not None or not BOX_REQUESTS.fullmatch(f"{scope['method']} {scope['path']}"):
                return Problem(reason="not_here", message="this address answers boxes only; the pages are on loopback")
            return None
        if not _is_loopback("//" + headers.get(b"host", "")):
            return Problem(reason="host", message="the pages answer on this machine only: open http://127.0.0.1:PORT/")
        if origin is not None and not _is_loopback(origin):
            return Problem(reason="origin", message="a page of another site may not ask here")
        return None


def _is_loopback(url: str) -> bool:
    try:
        return urlsplit(url).hostname in LOOPBACK_NAMES
    except ValueError:
        return False
