"""Where the database is: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`; a password is never in the settings."""

import os
import re
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from central.errors import StorageError

FORMS = "a database is sqlite:///FILE or postgresql://USER@HOST:PORT/NAME"
_ENVIRONMENT = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def check_database(text: str, *, password_file: bool = False) -> None:
    """Raises ValueError with what would be right; the message never repeats a password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise ValueError(FORMS) from error
    if url.drivername not in ("sqlite", "postgresql") or not url.database:
        raise ValueError(FORMS)
    if url.password is not None and not _ENVIRONMENT.fullmatch(str(url.password)):
        raise ValueError(
            "a database URL holds no password: write ${NAME} for one from the environment, or name a file of mode 0600"
        )
    if {"password", "passfile"} & set(url.query):
        raise ValueError("a database URL holds no password, in its query neither")
    if password_file and (url.drivername == "sqlite" or url.password is not None):
        raise ValueError("a password file is for a postgresql:// URL that names no password itself")


def resolve_database(text: str, folder: Path, password_file: Path | None) -> URL:
    """folder: what a relative SQLite path is relative to. Raises StorageError when the password cannot be had."""
    url = make_url(text)
    if url.drivername == "sqlite":
        return url.set(database=str((folder / str(url.database)).resolve()))
    if password_file is not None:
        return url.set(password=_read_password(folder / password_file))
    named = _ENVIRONMENT.fullmatch(str(url.password)) if url.password is not None else None
    if named is None:
        return url
    if named[1] not in os.environ:
        raise StorageError(f"the database's password is to come from {named[1]}, which is not set: export it")
    return url.set(password=os.environ[named[1]])


def _read_password(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise StorageError(f"{path} can be read by others: chmod 600 {path}")
        password = path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"the database's password file {path} cannot be read: {error}") from error
    if not password:
        raise StorageError(f"the database's password file {path} is empty")
    return password
