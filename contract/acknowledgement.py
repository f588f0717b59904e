"""Acknowledgement: the centre says what it has committed. The only thing that frees a box's row or file."""

from typing import ClassVar, Literal

from pydantic import Field

from contract.document import Document, Part
from contract.ids import Count, IncidentId, Ordinal, Sha256, Slug


class ReportReceipt(Part):
    """sha256: of the payload bytes as received."""

    report_seq: Ordinal
    incident_id: IncidentId
    revision: Count
    sha256: Sha256
    result: Literal["stored", "duplicate", "rejected"]
    reason: str | None = None


class FileReceipt(Part):
    sha256: Sha256
    bytes: Count
    result: Literal["stored", "rejected"]
    reason: str | None = None


class Acknowledgement(Document):
    SCHEMA: ClassVar[str] = "xunjian.acknowledgement/1"

    box_id: Slug
    reports: tuple[ReportReceipt, ...] = Field(default=(), max_length=200)
    files: tuple[FileReceipt, ...] = Field(default=(), max_length=200)
    high_water: Count = 0  # all numbers up to here are stored or rejected; it informs, it never deletes
