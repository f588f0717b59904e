"""Files that are whole or not there, also after a power cut: temporary name, fsync, rename, fsync of the folder."""

import os
from contextlib import suppress
from pathlib import Path

PART = ".part"


def write_durably(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replaces `path` at once. Raises OSError; then nothing half-written is left."""
    temporary = path.with_name(path.name + PART)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        publish(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def publish(temporary: Path, path: Path) -> None:
    """A file of the same folder gets its final name once its content is on the disk. Raises OSError."""
    descriptor = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
