"""Error pages say what happened and what to do; programs under /api get JSON instead."""

from fastapi import Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from central.problem import Problem
from central.web.rendering import html, words_of

STATUS = {"not_found": 404, "wrong_query": 422, "failed": 500}


class PageError(Exception):
    """name: a key of STATUS; `error.NAME` and `error.NAME_do` are its words."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def answer_page_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PageError)
    return _page(request, error.name)


async def answer_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == STATUS["not_found"] and _for_people(request):
        return _page(request, "not_found")
    return await http_exception_handler(request, error)


def answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if _for_people(request):
        in_path = any(entry["loc"][0] == "path" for entry in error.errors())
        return _page(request, "not_found" if in_path else "wrong_query")
    return _say_invalid(error)


def answer_failure(request: Request, _error: Exception) -> Response:
    """For what nobody foresaw: the server logs it with its traceback."""
    if _for_people(request):
        return _page(request, "failed")
    return Response(
        '{"reason":"failed","message":"the centre failed, its log says why"}', 500, media_type="application/json"
    )


def _say_invalid(error: RequestValidationError) -> Response:
    """What is wrong and where, never what was sent: that may be nothing that JSON or UTF-8 can hold."""
    first = error.errors()[0]
    message = f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"
    problem = Problem(reason="invalid", message=message.encode("utf-8", "replace").decode()[:300])
    return JSONResponse(problem.model_dump(), 422)


def _for_people(request: Request) -> bool:
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def _page(request: Request, name: str) -> Response:
    t = words_of(request)
    context = {"heading": t(f"error.{name}"), "what_to_do": t(f"error.{name}_do")}
    return html(request, "error.html", t, context, STATUS[name])
