"""`lock.yaml` beside pulled packages: which bytes the first pull of a published model brought, and later ones must."""

import os
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from models.card import FileFacts, Name
from models.errors import PackageError

LOCK = "lock.yaml"
LOCK_BYTES_MAX = 1024 * 1024


class Locked(BaseModel):
    """origin: of which revision or version. files: as they were fetched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: str
    files: dict[str, FileFacts]


class _Lock(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    models: dict[Name, Locked] = {}


def read_lock(folder: Path) -> dict[str, Locked]:
    """Raises PackageError; a lock that cannot be read is not taken for none."""
    path = folder / LOCK
    if not path.exists():
        return {}
    try:
        with path.open("rb") as file:
            content = file.read(LOCK_BYTES_MAX)
        return _Lock.model_validate(yaml.safe_load(content)).models
    except (OSError, yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        reason = " ".join(str(error).split())[:200]
        raise PackageError(
            f"{path}: cannot be read ({reason}); mend it, or take it away to trust the next pull"
        ) from error


def check_locked(folder: Path, name: str, origin: str, files: Mapping[str, FileFacts]) -> None:
    """Raises PackageError for another file than the first pull of the same origin brought."""
    locked = read_lock(folder).get(name)
    if locked is None or locked.origin != origin:
        return
    for file_name, facts in files.items():
        expected = locked.files.get(file_name)
        if expected != facts:
            was = f"sha256 {expected.sha256[:12]}..." if expected else "none of that name"
            raise PackageError(
                f"{name}: {file_name} is another one than at the first pull (sha256 {facts.sha256[:12]}..., then "
                f"{was}); nothing is installed. Who trusts the new one takes {name} out of {folder / LOCK} first"
            )


def record(folder: Path, name: str, origin: str, files: Mapping[str, FileFacts]) -> None:
    """Raises OSError."""
    models = {**read_lock(folder), name: Locked(origin=origin, files=dict(files))}
    path, coming = folder / LOCK, folder / f".{LOCK}.coming"
    with coming.open("w", encoding="utf-8") as file:
        yaml.safe_dump(_Lock(models=models).model_dump(), file)
        file.flush()
        os.fsync(file.fileno())
    coming.replace(path)
