"""Bytes <-> message: canonical JSON (RFC 8785, JCS), strict parsing, version check."""

import hashlib
import json
from typing import Any, NoReturn, TypeVar

import rfc8785
from pydantic import ValidationError

from contract.acknowledgement import Acknowledgement
from contract.command import BoxState, Command, CommandResult
from contract.document import Document
from contract.enrolment import Introduction, Welcome
from contract.errors import MalformedError, SchemaError, VersionError
from contract.evidence_manifest import Bundle, ChainHead, EvidenceManifest, Tombstone
from contract.heartbeat import Availability, Heartbeat
from contract.ids import INTEGER_MAX
from contract.incident_report import IncidentReport
from contract.still import Still

DOCUMENTS: tuple[type[Document], ...] = (
    IncidentReport,
    EvidenceManifest,
    ChainHead,
    Tombstone,
    Bundle,
    Acknowledgement,
    Heartbeat,
    Availability,
    Command,
    CommandResult,
    BoxState,
    Still,
    Introduction,
    Welcome,
)
BY_SCHEMA: dict[str, type[Document]] = {document.SCHEMA: document for document in DOCUMENTS}
DEPTH_MAX = 32

D = TypeVar("D", bound=Document)


def canonical(value: dict[str, Any]) -> bytes:
    """The bytes that are signed and sent. Raises MalformedError for what JCS cannot say (NaN, integers over 2^53-1)."""
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise MalformedError(f"cannot be written as canonical JSON: {error}") from error


def canonical_members(value: dict[str, Any]) -> dict[str, bytes]:
    """Of each name its part of the canonical bytes, for who writes an object with and without one of them. Raises
    MalformedError.
    """
    return {name: canonical({name: member})[1:-1] for name, member in value.items()}


def joined(members: dict[str, bytes]) -> bytes:
    """The canonical bytes of an object, whose names JCS sorts by their UTF-16."""
    return b"{" + b",".join(members[name] for name in sorted(members, key=lambda one: one.encode("utf-16-be"))) + b"}"


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def parse(payload: bytes, bytes_max: int) -> dict[str, Any]:
    """One JSON object, without duplicate keys, NaN, or integers that JCS refuses. Raises MalformedError."""
    if len(payload) > bytes_max:
        raise MalformedError(f"{len(payload)} bytes, at most {bytes_max} are taken")
    try:
        value = json.loads(
            payload.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_constant=_refuse_constant,
            parse_int=_bounded_integer,
        )
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"not JSON as the contract has it: {error}") from error
    if not isinstance(value, dict):
        raise MalformedError("not one JSON object")
    _check_depth(value)
    return value


def decode(value: dict[str, Any], expected: type[D]) -> D:
    """Raises VersionError for another schema or major version, SchemaError for fields it does not allow."""
    schema = value.get("schema")
    if schema != expected.SCHEMA:
        raise VersionError(f"schema {str(schema)[:60]!r}, here {expected.SCHEMA!r} is understood")
    try:
        return expected.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "document"
        raise SchemaError(f"{where}: {first['msg']}") from error


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _bounded_integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > INTEGER_MAX:
        raise ValueError("an integer above 2^53-1")
    return int(text)


def _check_depth(value: object, depth: int = 0) -> None:
    if depth > DEPTH_MAX:
        raise MalformedError(f"nested deeper than {DEPTH_MAX}")
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        _check_depth(child, depth + 1)
