"""Evidence on a local disk: `DIR/incidents/{incident_id}/{sha256}.{ext}`, manifests beside it.

Every file is written under a temporary name, fsynced, renamed, and its folder fsynced: after a power cut it is whole
or it is not there.
"""

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from contract.evidence_manifest import EXTENSIONS, EvidenceItem
from edge.evidence.store import EvidenceStore, FileFacts, SealedFile, StoreError, StoreFullError
from models.durable_file import PART, fsync_folder, publish, write_durably

READ_BYTES = 1 << 20
FREE_BYTES_MIN = 64 * 2**20  # twice what the outbox keeps for itself: evidence gives way before records do
_MANIFEST = re.compile(r"^(\d+)\.manifest\.json$")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DiskStore(EvidenceStore):
    """folder: the box's directory; it exists. free_bytes_min: left for what must be recorded even without files."""

    def __init__(self, folder: Path, *, free_bytes_min: int = FREE_BYTES_MIN) -> None:
        self._folder = folder.resolve()
        self._incidents = self._folder / "incidents"
        self._free_bytes_min = free_bytes_min
        self._chain_lock = Lock()
        self._chain_seq = 0

    def seal(self, incident_id: str, facts: FileFacts, data: bytes) -> SealedFile:
        return self.seal_written(incident_id, facts, lambda path: _fill(path, data))

    def seal_written(self, incident_id: str, facts: FileFacts, write: Callable[[Path], None]) -> SealedFile:
        extension = EXTENSIONS[facts.media_type]
        with self._clear_errors(f"{facts.role} of incident {incident_id}"):
            if shutil.disk_usage(self._folder).free < self._free_bytes_min:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            folder = self._folder_of(incident_id)
            temporary = folder / f"{facts.role}-{os.getpid()}{PART}.{extension}"
            try:
                write(temporary)
                sha256, size = _digest(temporary)
                path = folder / f"{sha256}.{extension}"
                publish(temporary, path)
            finally:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
        item = EvidenceItem(
            sha256=sha256,
            bytes=size,
            media_type=facts.media_type,
            role=facts.role,
            captured_first=facts.captured_first,
            captured_last=facts.captured_last,
            derived_from=facts.derived_from,
            tool=facts.tool,
            redacted=facts.redacted,
        )
        return SealedFile(item, path)

    def keep_manifest(self, incident_id: str, revision: int, manifest: bytes) -> None:
        with self._clear_errors(f"manifest {revision} of incident {incident_id}"):
            write_durably(self._folder_of(incident_id) / f"{revision}.manifest.json", manifest)

    def keep_chain_head(self, seq: int, chain_head: bytes) -> None:
        with self._chain_lock, self._clear_errors("chain head"):
            if seq >= self._chain_seq:
                write_durably(self._folder / "chain_head.json", chain_head)
                self._chain_seq = seq

    def manifests(self) -> frozenset[tuple[str, int]]:
        names = ((path.parent.name, _MANIFEST.match(path.name)) for path in self._incidents.glob("*/*.manifest.json"))
        return frozenset((incident_id, int(match[1])) for incident_id, match in names if match)

    def incidents(self) -> frozenset[str]:
        if not self._incidents.is_dir():
            return frozenset()
        return frozenset(path.name for path in self._incidents.iterdir() if path.is_dir())

    def remove_unknown(self, incident_id: str, known_sha256: Iterable[str], revisions: Iterable[int]) -> int:
        known, numbers = frozenset(known_sha256), frozenset(revisions)
        folder = self._incidents / incident_id
        removed = 0
        with self._clear_errors(f"folder of incident {incident_id}"):
            for path in list(folder.iterdir()):
                manifest = _MANIFEST.match(path.name)
                kept = int(manifest[1]) in numbers if manifest else path.name.partition(".")[0] in known
                if kept and PART not in path.name:
                    continue
                path.unlink()
                removed += 1
            if not any(folder.iterdir()):
                folder.rmdir()
        return removed

    def _folder_of(self, incident_id: str) -> Path:
        folder = self._incidents / incident_id
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            fsync_folder(self._folder)
            fsync_folder(self._incidents)
        return folder

    @contextmanager
    def _clear_errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise StoreFullError(
                    f"{what}: no space left in {self._folder}: free some, or move the box's folder to a larger disk"
                ) from error
            raise StoreError(f"{what}: cannot be written in {self._folder} ({error.strerror or error})") from error


def _fill(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _digest(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size
