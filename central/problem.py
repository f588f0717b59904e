"""How an HTTP answer says no: a word for programs, a sentence for people."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel


class Problem(BaseModel):
    reason: str
    message: str


class ProblemError(Exception):
    """Raised in a route; the application turns it into a `Problem` with this status."""

    def __init__(self, status: int, reason: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem = Problem(reason=reason, message=message)
        self.headers = headers or {}


def answer_problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return JSONResponse(error.problem.model_dump(), error.status, error.headers)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`."""
    return {status: {"model": Problem} for status in statuses}
