"""EvidenceManifest: what a box sealed with one revision, chained to the manifest before it."""

from typing import ClassVar, Literal

from pydantic import Field

from contract.document import ClockQuality, Device, Document, Part, Versions
from contract.ids import Count, IncidentId, Ordinal, Sha256, Slug, Timestamp

Role = Literal["clip", "key_frame", "tracks", "annotated", "thumbnail", "playback"]
MediaType = Literal["image/jpeg", "image/png", "video/mp4", "video/x-matroska", "application/json"]
ORIGINALS: frozenset[str] = frozenset({"clip", "key_frame"})
EXTENSIONS: dict[str, str] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "video/mp4": "mp4",
    "video/x-matroska": "mkv",
    "application/json": "json",
}
MANIFEST_BYTES_MAX = 1_048_576


class EvidenceItem(Part):
    """One file. sha256 and bytes are of the file; a derivative names its original in `derived_from`."""

    sha256: Sha256
    bytes: Count
    media_type: MediaType
    role: Role
    captured_first: Timestamp
    captured_last: Timestamp
    derived_from: Sha256 | None = None
    tool: str | None = None
    redacted: bool = False

    @property
    def file_name(self) -> str:
        return f"{self.sha256}.{EXTENSIONS[self.media_type]}"


class EvidenceManifest(Document):
    SCHEMA: ClassVar[str] = "xunjian.manifest/1"

    box_id: Slug
    incident_id: IncidentId
    revision: Count
    report_seq: Ordinal
    chain_seq: Ordinal  # equals report_seq
    previous_sha256: Sha256 | None = None  # of the manifest before it in the box; absent for the first
    items: tuple[EvidenceItem, ...] = Field(max_length=64)
    device: Device
    clock: ClockQuality
    versions: Versions


class ChainHead(Document):
    """The newest link, beside the folder: shows an accident, not an attack."""

    SCHEMA: ClassVar[str] = "xunjian.chain_head/1"

    box_id: Slug
    seq: Ordinal
    sha256: Sha256


class Tombstone(Document):
    """Says which sealed files a box removed on purpose, and why; a file missing without one is a fault."""

    SCHEMA: ClassVar[str] = "xunjian.tombstone/1"

    box_id: Slug
    files: tuple[Sha256, ...] = Field(min_length=1, max_length=1000)
    reason: str
    removed: Timestamp


class Bundle(Document):
    """Marks a folder as an export of chosen incidents: links outside it are named, not missed."""

    SCHEMA: ClassVar[str] = "xunjian.bundle/1"

    box_id: Slug
    incident_ids: tuple[IncidentId, ...] = Field(min_length=1)
    exported: Timestamp
