"""`xunjian models pull NAME`: from the registry's address, a publisher, or a folder."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.errors import ModelError
from models.package import Package
from models.published import INDEX, from_folder, from_network, pull_published
from models.pull import ReadFile, pull, read_from_folder, read_from_url, shipped_first
from models.registry import REGISTRY, Entry, find_package, pulled_folder, read_registry
from models.source import Source, read_sources
from models.terms import ask_to_accept, plain_text
from models.trial import try_unpinned


def add_command(commands: Any, show: Callable[[Package], None]) -> None:
    """show: says what is in place now."""
    pulling = commands.add_parser("pull", help="get a package into $XUNJIAN_MODELS or the user's data folder")
    pulling.add_argument("name")
    pulling.add_argument(
        "--from",
        dest="mirror",
        type=Path,
        metavar="DIR",
        help="a folder that holds packages, is one, or holds the files",
    )
    pulling.add_argument("--accept-terms", action="store_true", help="of the publisher; they are printed all the same")
    pulling.set_defaults(run=lambda arguments: _pull(arguments, show))


def _pull(arguments: argparse.Namespace, show: Callable[[Package], None]) -> int:
    name: str = arguments.name
    mirror: Path | None = arguments.mirror
    entry, source = read_registry().packages.get(name), read_sources().get(name)
    if source:
        package = _published(name, source, mirror, accepted=arguments.accept_terms)
    elif mirror is not None:
        package = pull(name, entry, _mirror(mirror, name, entry), pulled_folder(), try_unpinned)
    elif entry and entry.url:
        package = pull(name, entry, read_from_url(entry.url), pulled_folder(), try_unpinned)
    elif entry:
        package = find_package(name)  # ships with the software, or was pulled before
    else:
        known = ", ".join([*read_registry().packages, *read_sources()])
        raise ModelError(f"no package {name!r} in the registry; known: {known}; or --from DIR")
    show(package)
    return 0


def _published(name: str, source: Source, mirror: Path | None, *, accepted: bool) -> Package:
    """The index: pip's own setting for a site with a mirror, else PyPI."""

    def accept(terms: bytes) -> None:
        interactive = sys.stdin.isatty() and sys.stdout.isatty()
        ask_to_accept(name, plain_text(terms), accepted=accepted, interactive=interactive, read_line=input)

    bring = from_folder(mirror) if mirror else from_network(source, os.environ.get("PIP_INDEX_URL", INDEX))
    return pull_published(name, source, bring, pulled_folder(), accept=accept, check=try_unpinned)


def _mirror(mirror: Path, name: str, entry: Entry | None) -> ReadFile:
    """mirror: a folder of folders, of which one is the package's, or the package's own."""
    inside = mirror / (entry.mirror if entry and entry.mirror else name)
    read = read_from_folder(inside if inside.is_dir() else mirror)
    return shipped_first(REGISTRY.parent / entry.card, read) if entry and entry.card else read
