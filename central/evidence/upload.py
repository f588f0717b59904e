"""Which upload may begin: the report first, then its manifest, then the files that the manifest lists."""

import base64
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.devices.tables import Box
from central.evidence.tables import File, Manifest, Upload
from contract.evidence_manifest import MANIFEST_BYTES_MAX
from contract.ids import SLUG_PATTERN

UPLOADS_PER_BOX_MAX = 32
ABANDONED_AFTER = timedelta(hours=24)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SLUG = re.compile(SLUG_PATTERN)


class UploadRefusedError(Exception):
    """status: of HTTP; reason: the word for programs."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FileName:
    """What an upload says that it is."""

    box_id: str
    sha256: str

    @classmethod
    def from_metadata(cls, header: str) -> "FileName":
        """Of tus `Upload-Metadata`: `key base64,key base64`. Raises UploadRefusedError 400."""
        values: dict[str, str] = {}
        try:
            for pair in header.split(","):
                key, _, value = pair.strip().partition(" ")
                values[key] = base64.b64decode(value, validate=True).decode("ascii")
        except ValueError as error:
            raise UploadRefusedError(400, "metadata", "Upload-Metadata is `key base64` pairs") from error
        box_id, sha256 = values.get("box_id", ""), values.get("sha256", "")
        if not _SLUG.fullmatch(box_id) or not _SHA256.fullmatch(sha256):
            raise UploadRefusedError(400, "metadata", "Upload-Metadata needs `box_id` and `sha256`")
        return cls(box_id, sha256)


def expected_length(session: Session, name: FileName, length: int, bytes_max: int) -> None:
    """Raises UploadRefusedError unless a stored report or a held manifest names this file, with this length."""
    if session.get(Box, name.box_id) is None:
        raise UploadRefusedError(403, "unknown_box", f"box {name.box_id} is not registered here")
    if length > bytes_max:
        raise UploadRefusedError(413, "too_large", f"at most {bytes_max} bytes are taken")
    if manifests_named(session, name):
        if length > MANIFEST_BYTES_MAX:
            raise UploadRefusedError(413, "too_large", f"a manifest has at most {MANIFEST_BYTES_MAX} bytes")
        return
    file = session.get(File, (name.box_id, name.sha256))
    if file is None:
        raise UploadRefusedError(409, "not_yet", "no stored report or manifest names this file yet: send those first")
    if file.bytes != length:
        raise UploadRefusedError(413, "wrong_length", f"its manifest says {file.bytes} bytes")


def is_held(session: Session, name: FileName) -> bool:
    """Everything that a box needs to know to let go of it: the bytes are durable here."""
    manifests = manifests_named(session, name)
    file = session.get(File, (name.box_id, name.sha256))
    if not manifests and file is None:
        return False
    return all(row.stored_at is not None for row in manifests) and (file is None or file.state == "held")


def refused_file(session: Session, name: FileName) -> File | None:
    """The row of a file that only a manifest which does not hold lists, and that is no manifest itself."""
    file = session.get(File, (name.box_id, name.sha256))
    return file if file is not None and file.state == "refused" and not manifests_named(session, name) else None


def manifests_named(session: Session, name: FileName) -> list[Manifest]:
    return list(session.scalars(select(Manifest).where(Manifest.box_id == name.box_id, Manifest.sha256 == name.sha256)))


def begin_upload(session: Session, name: FileName, length: int, upload_id: str, now: datetime) -> Upload:
    """The upload that is under way already, or a new one. Raises UploadRefusedError 429."""
    there = session.scalar(select(Upload).where(Upload.box_id == name.box_id, Upload.sha256 == name.sha256))
    if there is not None and there.length == length:
        return there
    if there is not None:
        session.delete(there)
        session.flush()
    count = session.scalar(select(func.count()).select_from(Upload).where(Upload.box_id == name.box_id)) or 0
    if count >= UPLOADS_PER_BOX_MAX:
        raise UploadRefusedError(429, "too_many", f"{count} uploads of this box are under way: end those first")
    upload = Upload(upload_id=upload_id, box_id=name.box_id, sha256=name.sha256, length=length, made_at=now)
    session.add(upload)
    session.flush()
    return upload
