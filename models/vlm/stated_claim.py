"""The closed form in which a model states claims: it chooses which of few things to say."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract.ids import INTEGER_MAX

ANSWER_LENGTH_MAX = 20_000
CLAIMS_MAX = 12


class StatedClaim(BaseModel):
    """class: of objects. track: the one that is meant, else any of the class. wears, lacks: a class that these do or do
    not wear. zone: where. plate: its text. time: UTC, `HH:MM`, at which they are seen. What is left out is not stated.
    Whatever class, attribute and track a report can hold, a claim can.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    class_: str = Field(alias="class")
    track: int | None = Field(default=None, ge=0, le=INTEGER_MAX)
    count: int | None = Field(default=None, ge=0, le=10_000)
    wears: str | None = None
    lacks: str | None = None
    zone: str | None = Field(default=None, max_length=64)
    plate: str | None = Field(default=None, max_length=32)
    time: str | None = Field(default=None, max_length=16)


class StatedClaims(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    claims: tuple[StatedClaim, ...] = Field(max_length=CLAIMS_MAX)


CLAIMS_SCHEMA: dict[str, Any] = StatedClaims.model_json_schema()
"""JSON Schema of an answer, for a decoder or a server that can be held to one."""


def read_claims(answer: str) -> tuple[StatedClaim, ...] | None:
    """None for whatever is not the closed form and nothing but it, a broken-off one too."""
    if len(answer) > ANSWER_LENGTH_MAX:
        return None
    try:
        return StatedClaims.model_validate(json.loads(answer)).claims
    except (ValueError, RecursionError, ValidationError):
        return None
