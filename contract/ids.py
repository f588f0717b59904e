"""Identifiers, numbers and times as they stand on the wire."""

import re
import secrets
import uuid
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

SLUG_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"
UUID7_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
INTEGER_MAX = 2**53 - 1  # RFC 8785 (JCS) knows no larger integer

Slug = Annotated[str, Field(pattern=SLUG_PATTERN)]  # box_id, camera_id, zone_id, rule_id, tenant, site
IncidentId = Annotated[str, Field(pattern=UUID7_PATTERN)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
Ordinal = Annotated[int, Field(ge=1, le=INTEGER_MAX)]
Relative = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Real = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Point = tuple[Relative, Relative]
BoxXyxy = tuple[Relative, Relative, Relative, Relative]

_RFC3339_MS_Z = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def rfc3339(moment: datetime) -> str:
    """UTC, milliseconds, `Z`. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a time on the wire needs its zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _only_rfc3339(value: object) -> object:
    if isinstance(value, str) and not _RFC3339_MS_Z.match(value):
        raise ValueError("times are RFC 3339, UTC, milliseconds, Z: 2026-01-31T08:00:00.000Z")
    if not isinstance(value, str | datetime):
        raise ValueError("a time is a text")  # noqa: TRY004 - pydantic turns ValueError into its report
    return value


def _whole_milliseconds(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time on the wire needs its zone")
    value = value.astimezone(UTC)
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


Timestamp = Annotated[
    datetime,
    BeforeValidator(_only_rfc3339),
    AfterValidator(_whole_milliseconds),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _RFC3339_MS_Z.pattern}),
]


def uuid7(moment: datetime) -> str:
    """A time-ordered identifier (RFC 9562, section 5.7): 48 bits of Unix milliseconds, the rest random."""
    milliseconds = int(moment.timestamp() * 1000) & (2**48 - 1)
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def uuid7_moment(value: str) -> datetime:
    """When an identifier of `uuid7` was given out, to the millisecond. Raises ValueError for any other text."""
    if not re.match(UUID7_PATTERN, value):
        raise ValueError(f"{value!r} is no UUID of version 7")
    return datetime.fromtimestamp((uuid.UUID(value).int >> 80) / 1000, UTC)
