"""One file from an address into a folder: goes on where it broke off, has a limit, says what is wrong in one line."""

import errno
import hashlib
import http.client
import json
import os
import shutil
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from models.card import FILE_BYTES_MAX, FileFacts
from models.errors import PackageError
from models.timed_answer import seconds_for, timed_answer

TIMEOUT_S = 60.0
PIECE_BYTES = 1024**2
LIST_BYTES_MAX = 4 * 1024**2
HTTP_GONE_ON, HTTP_NOTHING_LEFT = 206, 416
WITHOUT_NETWORK = "without a network, take the files from a folder: --from DIR"


def download(url: str, path: Path) -> None:
    """A file that is there is whole; `path.part` holds what came before a break, and the rest is asked for.

    Raises PackageError; then what came stays for the next try, except when the server has another file by now.
    """
    if path.exists():
        return
    part, tag = path.with_name(path.name + ".part"), path.with_name(path.name + ".tag")
    have = part.stat().st_size if part.exists() and tag.exists() else 0
    request = urllib.request.Request(url)  # noqa: S310 - http or https, by sources.yaml or the index
    if have:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", tag.read_text(encoding="utf-8"))
    try:
        with timed_answer(request, TIMEOUT_S, TIMEOUT_S) as (answer, deadline):
            going_on = answer.status == HTTP_GONE_ON
            deadline.allow(seconds_for(min(_size(answer) or FILE_BYTES_MAX, FILE_BYTES_MAX), TIMEOUT_S))
            _keep_tag(tag, answer.headers)
            _receive(answer, part, have if going_on else 0, path.name, url)
    except urllib.error.HTTPError as error:
        if error.code == HTTP_NOTHING_LEFT and have:
            part.unlink()
        raise PackageError(f"{url}: HTTP {error.code} {error.reason}; {WITHOUT_NETWORK}") from error
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise PackageError(f"{url}: {getattr(error, 'reason', None) or error}; {WITHOUT_NETWORK}") from error
    except OSError as error:
        raise no_room(path.parent, error) from error
    part.replace(path)
    tag.unlink(missing_ok=True)


def wheel_address(index: str, project: str, version: str) -> str:
    """Of the wheel of that version, by the index' JSON (PEP 691). Raises PackageError."""
    url = f"{index.rstrip('/')}/{project}/"
    request = urllib.request.Request(url, headers={"Accept": "application/vnd.pypi.simple.v1+json"})  # noqa: S310
    try:
        with timed_answer(request, TIMEOUT_S, seconds_for(LIST_BYTES_MAX, TIMEOUT_S)) as (answer, _):
            files = json.loads(answer.read(LIST_BYTES_MAX))["files"]
        found = [one["url"] for one in files if one["filename"] == wheel_name(project, version)]
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        raise PackageError(f"{url}: {getattr(error, 'reason', None) or error}; {WITHOUT_NETWORK}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise PackageError(f"{url}: not an index that speaks JSON (PEP 691); {WITHOUT_NETWORK}") from error
    if not found:
        raise PackageError(f"{url}: has no {wheel_name(project, version)}; {WITHOUT_NETWORK}")
    address = urllib.parse.urljoin(url, str(found[0]))
    if not address.startswith(("https://", "http://")):
        raise PackageError(f"{url}: names {address[:80]}, which is no web address")
    return address


def wheel_name(project: str, version: str) -> str:
    return f"{project.replace('-', '_')}-{version}-py3-none-any.whl"


def facts_of(path: Path) -> FileFacts:
    """Raises OSError, PackageError for an empty file or one that is too large."""
    hashed, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            hashed.update(piece)
            size += len(piece)
    if not 0 < size <= FILE_BYTES_MAX:
        raise PackageError(f"{path.name}: {size} bytes; a file of a package has 1 to {FILE_BYTES_MAX}")
    return FileFacts(sha256=hashed.hexdigest(), bytes=size)


def no_room(folder: Path, error: OSError) -> PackageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return PackageError(f"{folder}: the disk is full; what came stays: make room and pull again")
    return PackageError(f"{folder}: cannot be written ({error.strerror}); set XUNJIAN_MODELS to a folder that can")


def _keep_tag(tag: Path, headers: "http.client.HTTPMessage") -> None:
    """Without a strong ETag a file that broke off begins again."""
    told = headers.get("ETag", "")
    if told and not told.startswith("W/"):
        tag.write_text(told, encoding="utf-8")
    else:
        tag.unlink(missing_ok=True)


def _size(answer: "http.client.HTTPResponse") -> int | None:
    left = answer.headers.get("Content-Length")
    return int(left) if left and left.isdecimal() else None


def _receive(answer: "http.client.HTTPResponse", part: Path, have: int, name: str, url: str) -> None:
    left = _size(answer)
    total = None if left is None else have + left
    if total is not None and total > FILE_BYTES_MAX:
        raise PackageError(f"{url}: {total} bytes; a file of a package has at most {FILE_BYTES_MAX}")
    if total is not None and total - have > shutil.disk_usage(part.parent).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with part.open("r+b" if have else "wb") as file:
        file.seek(have)
        size = have
        while piece := answer.read(PIECE_BYTES):
            size += len(piece)
            if size > FILE_BYTES_MAX:
                raise PackageError(f"{url}: more than {FILE_BYTES_MAX} bytes")
            file.write(piece)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    if total is not None and size != total:
        raise PackageError(f"{url}: {name} broke off at {size} of {total} bytes; pull again, it goes on from there")
