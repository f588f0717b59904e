"""The checks that a message from a box has to pass, in the order that the contract gives; no database, no broker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from central.devices.box import Owner
from contract import codec, topics
from contract.command import BoxState, CommandResult
from contract.document import Document
from contract.errors import ContractError, MalformedError, SchemaError
from contract.ids import Count, IncidentId, Ordinal
from contract.incident_report import IncidentReport
from contract.still import Still

D = TypeVar("D", bound=Document)

_NUMBER, _IDENTIFIER, _REVISION = TypeAdapter(Ordinal), TypeAdapter(IncidentId), TypeAdapter(Count)
DETAIL_LENGTH_MAX = 300
TYPE_LENGTH_MAX = 64  # as much as the database's column holds


class UnattributableError(Exception):
    """Nobody to answer to: dropped, counted by `reason`, one line in the log."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail[:DETAIL_LENGTH_MAX])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ReportName:
    """By what a report is called, even one that is refused. sha256: of the payload."""

    report_seq: int
    incident_id: str
    revision: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Examined:
    """document: the object as received; report: the same, validated."""

    owner: Owner
    name: ReportName
    payload: bytes
    document: dict[str, Any]
    report: IncidentReport


@dataclass(frozen=True, slots=True)
class Refused:
    """Attributable, so it gets an answer. signed: by the box's own key, so it is kept too."""

    owner: Owner
    name: ReportName
    payload: bytes
    reason: str
    detail: str
    signed: bool


def examine_report(topic: topics.Topic, payload: bytes, owners: Mapping[str, Owner]) -> Examined | Refused:
    """Raises UnattributableError."""
    document, owner = _identify(topic, payload, owners)
    try:
        owner.key.verify(document)
    except ContractError as error:
        return _refuse(owner, document, payload, error, signed=False)
    try:
        if b"\\u0000" in payload:
            raise SchemaError("a text holds a NUL character")
        report = codec.decode(document, IncidentReport)
        if len(report.type_id) > TYPE_LENGTH_MAX:
            raise SchemaError(f"type_id: at most {TYPE_LENGTH_MAX} characters")
    except ContractError as error:
        return _refuse(owner, document, payload, error, signed=True)
    return Examined(owner, _name(document, payload), payload, document, report)


def examine_status(
    topic: topics.Topic, payload: bytes, owners: Mapping[str, Owner], expected: type[D]
) -> tuple[Owner, dict[str, Any], D]:
    """Anything but a report: (owner, as received, validated). Raises UnattributableError."""
    document, owner = _identify(topic, payload, owners)
    try:
        owner.key.verify(document)
        if b"\\u0000" in payload:
            raise SchemaError("a text holds a NUL character")
        status = codec.decode(document, expected)
        if topic.name is not None and topic.name != _topic_name(status):
            raise MalformedError(f"it says it is {str(_topic_name(status))[:63]!r}")
        return owner, document, status
    except ContractError as error:
        raise UnattributableError(error.reason, str(error)) from error


def _identify(topic: topics.Topic, payload: bytes, owners: Mapping[str, Owner]) -> tuple[dict[str, Any], Owner]:
    try:
        document = codec.parse(payload, topics.PAYLOAD_BYTES_MAX)
    except MalformedError as error:
        reason = "too_large" if len(payload) > topics.PAYLOAD_BYTES_MAX else error.reason
        raise UnattributableError(reason, str(error)) from error
    owner = owners.get(topic.box_id)
    if owner is None:
        raise UnattributableError(
            "unknown_box", f"box {topic.box_id} is not registered: `xunjian edge init` with a token"
        )
    if document.get("box_id") != topic.box_id:
        raise UnattributableError("other_box", f"a message of {str(document.get('box_id'))[:63]!r} in {topic}")
    return document, owner


def _topic_name(status: Document) -> str | None:
    """The last level of the topic that the message belongs in; None where the topic has no such level."""
    match status:
        case BoxState():
            return status.name
        case CommandResult():
            return status.command_id
        case Still():
            return status.camera_id
    return None


def _name(document: dict[str, Any], payload: bytes) -> ReportName:
    return ReportName(
        _NUMBER.validate_python(document.get("report_seq"), strict=True),
        _IDENTIFIER.validate_python(document.get("incident_id"), strict=True),
        _REVISION.validate_python(document.get("revision"), strict=True),
        codec.sha256_hex(payload),
    )


def _refuse(owner: Owner, document: dict[str, Any], payload: bytes, error: ContractError, *, signed: bool) -> Refused:
    try:
        name = _name(document, payload)
    except ValidationError as nameless:
        raise UnattributableError(error.reason, str(error)) from nameless
    return Refused(owner, name, payload, error.reason, str(error)[:DETAIL_LENGTH_MAX], signed=signed)
