"""The media store on a disk: `files/ab/ab12...` by hash, `incoming/` for uploads on their way.

A file gets its name only after its bytes were hashed and fsynced, so whatever has a name is whole (tmp, fsync, rename,
fsync of the folder).
"""

import hashlib
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from central.evidence.store import Incoming, MediaStore, StoreError, WrongHashError

READ_BYTES = 1024 * 1024
SHA256 = re.compile(r"[0-9a-f]{64}")
UPLOAD_ID = re.compile(r"[0-9a-f]{32}")


class DiskIncoming(Incoming):
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise _full_or_broken(error) from error

    def close(self) -> int:
        try:
            with self._file:
                self._file.flush()
                os.fsync(self._file.fileno())
                return self._file.tell()
        except OSError as error:
            raise _full_or_broken(error) from error


class DiskMediaStore(MediaStore):
    def __init__(self, folder: Path) -> None:
        """Raises StoreError when the folder cannot be made."""
        self._files = folder / "files"
        self._incoming = folder / "incoming"
        try:
            for path in (self._files, self._incoming):
                path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _full_or_broken(error) from error

    def begin(self, upload_id: str) -> None:
        try:
            self._upload(upload_id).open("xb").close()
        except OSError as error:
            raise _full_or_broken(error) from error

    def received(self, upload_id: str) -> int | None:
        try:
            return self._upload(upload_id).stat().st_size
        except FileNotFoundError:
            return None

    def resume(self, upload_id: str, offset: int) -> Incoming:
        try:
            file = self._upload(upload_id).open("r+b")
            file.truncate(offset)
            file.seek(offset)
        except OSError as error:
            raise _full_or_broken(error) from error
        return DiskIncoming(file)

    def keep(self, upload_id: str, sha256: str) -> Path:
        source, target = self._upload(upload_id), self._file(sha256)
        digest = hashlib.sha256()
        try:
            with source.open("rb") as file:
                while data := file.read(READ_BYTES):
                    digest.update(data)
                if digest.hexdigest() == sha256:
                    os.fsync(file.fileno())
            if digest.hexdigest() != sha256:
                source.unlink()
                raise WrongHashError(f"the bytes hash to {digest.hexdigest()[:12]}, expected {sha256[:12]}")
            target.parent.mkdir(exist_ok=True)
            source.replace(target)
            for folder in (target.parent, self._files):
                _sync_folder(folder)
        except OSError as error:
            raise _full_or_broken(error) from error
        return target

    def discard(self, upload_id: str) -> None:
        self._upload(upload_id).unlink(missing_ok=True)

    def uploads(self) -> dict[str, datetime]:
        return {
            path.name: datetime.fromtimestamp(path.stat().st_mtime, UTC)
            for path in self._incoming.iterdir()
            if UPLOAD_ID.fullmatch(path.name)
        }

    def find(self, sha256: str) -> Path | None:
        path = self._file(sha256)
        return path if path.is_file() else None

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._files).free

    def _upload(self, upload_id: str) -> Path:
        assert UPLOAD_ID.fullmatch(upload_id)
        return self._incoming / upload_id

    def _file(self, sha256: str) -> Path:
        assert SHA256.fullmatch(sha256)
        return self._files / sha256[:2] / sha256


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _full_or_broken(error: OSError) -> StoreError:
    return StoreError(f"media cannot be stored: {error.strerror}")
