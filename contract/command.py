"""Commands of the centre, a box's answer, and what a box says it runs."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from contract.document import Document
from contract.ids import Ordinal, Slug, Timestamp

CommandName = Literal["config", "rules", "feedback", "pause", "resend", "test_rules", "update_offer"]


class Command(Document):
    """`version` counts per name and never goes back; `expires` counts only while the box trusts its clock."""

    SCHEMA: ClassVar[str] = "xunjian.command/1"

    box_id: Slug
    name: CommandName
    command_id: Slug
    version: Ordinal
    issued: Timestamp
    expires: Timestamp
    body: dict[str, Any]


class CommandResult(Document):
    SCHEMA: ClassVar[str] = "xunjian.result/1"

    box_id: Slug
    command_id: Slug
    result: Literal["applied", "refused"]
    reason: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class BoxState(Document):
    """What a box runs, retained: `config`, `rules`, `models` or `versions`."""

    SCHEMA: ClassVar[str] = "xunjian.state/1"

    box_id: Slug
    name: Literal["config", "rules", "models", "versions"]
    session: Ordinal
    body: dict[str, Any]
