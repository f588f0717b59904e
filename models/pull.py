"""Gets a package into the user's models folder: from a pinned URL, or from a directory on a stick or a mirror."""

import glob
import http.client
import os
import secrets
import shutil
import urllib.error
from collections.abc import Callable
from pathlib import Path

from models.card import CARD_BYTES_MAX, parse_card
from models.durable_file import fsync_folder
from models.errors import PackageError
from models.exchange import exchange
from models.package import CARD, Package, open_package
from models.registry import Entry, check_pinned
from models.regular_file import open_regular
from models.timed_answer import seconds_for, timed_answer

TIMEOUT_S = 30.0
OLDER = ".old"

ReadFile = Callable[[str, int], bytes]
"""File name in the package, most bytes -> content, cut there. Raises PackageError."""


def read_from_folder(folder: Path) -> ReadFile:
    def read(name: str, bytes_max: int) -> bytes:
        try:
            with open_regular(folder / name) as file:
                return file.read(bytes_max)
        except OSError as error:
            raise PackageError(f"{folder / name}: cannot be read ({error.strerror})") from error

    return read


def shipped_first(shipped: Path, elsewhere: ReadFile) -> ReadFile:
    """What the folder of a shipped card has not got, the weights, comes from elsewhere under the same name."""
    here = read_from_folder(shipped)
    return lambda name, bytes_max: (here if (shipped / name).is_file() else elsewhere)(name, bytes_max)


def read_from_url(url: str) -> ReadFile:
    """url: of the package's folder, http or https: what arrives is checked against pinned hashes either way. A file has
    the time that a slow line would need for it.
    """

    def read(name: str, bytes_max: int) -> bytes:
        address = f"{url.rstrip('/')}/{name}"
        try:
            with timed_answer(address, TIMEOUT_S, seconds_for(bytes_max, TIMEOUT_S)) as (answer, _):
                content = answer.read(bytes_max)
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            reason = getattr(error, "reason", None) or error
            raise PackageError(
                f"{address}: {reason}; without a network, take the package from a folder: --from DIR"
            ) from error
        return content

    return read


def pull(
    name: str, entry: Entry | None, read: ReadFile, into: Path, check: Callable[[Package], None] | None = None
) -> Package:
    """Copies the package to `into/NAME`, in place of an older one, only once every file is what the card says and the
    card is what the registry pins (no entry: the card alone speaks for the files). check: raises PackageError for what
    is not to be put in place.

    Raises PackageError.
    """
    put_back(into / name)
    card_content = read(CARD, CARD_BYTES_MAX + 1)
    card = parse_card(card_content, CARD)
    if card.name != name:
        raise PackageError(f"the package there is {card.name!r}, not {name!r}")
    arriving = into / f".{name}.{secrets.token_hex(4)}"
    try:
        arriving.mkdir(parents=True)
        _write(arriving / CARD, card_content)
        for file_name, facts in card.files.items():
            _write(arriving / file_name, read(file_name, facts.bytes + 1))
        package = open_package(arriving)
        if entry:
            check_pinned(package, name, entry)
        if check:
            check(package)
        put_in_place(arriving, into / name)
    except OSError as error:
        raise PackageError(
            f"{into}: cannot be written ({error.strerror}); set XUNJIAN_MODELS to a folder that can"
        ) from error
    finally:
        shutil.rmtree(arriving, ignore_errors=True)
    return open_package(into / name)


def put_in_place(arrived: Path, place: Path) -> None:
    """In place of an older one at once, where the file system can; else `put_back` mends what a crash leaves. Raises
    OSError.
    """
    fsync_folder(arrived)
    older = place.with_name(f".{place.name}.{secrets.token_hex(4)}{OLDER}")
    if not place.exists():
        arrived.rename(place)
    elif exchange(arrived, place):
        shutil.rmtree(arrived, ignore_errors=True)
    else:
        place.rename(older)
        fsync_folder(place.parent)
        arrived.rename(place)
    fsync_folder(place.parent)
    shutil.rmtree(older, ignore_errors=True)


def put_back(place: Path) -> None:
    """What was taken away by a `put_in_place` that did not end; where something is in place, what it left goes."""
    left = sorted(place.parent.glob(f".{glob.escape(place.name)}.*{OLDER}"), key=lambda path: path.stat().st_mtime)
    if left and not place.exists():
        last = left.pop()
        try:
            last.rename(place)
        except OSError as error:
            raise PackageError(f"{place}: cannot be put back ({error.strerror}); rename {last.name} to it") from error
    for path in left:
        shutil.rmtree(path, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
