"""A model package on disk: a folder with `card.yaml`, the weights, and the prose that goes with them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from models.card import CARD_BYTES_MAX, AnyCard, Card, FileFacts, LanguageCard, Precision, VlmCard, parse_card
from models.errors import PackageError
from models.regular_file import open_regular

CARD = "card.yaml"
PIECE_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Package:
    """A folder whose every file was what its card says when it was opened. described: the card, of whatever task.
    card_sha256: of its bytes.
    """

    folder: Path
    described: AnyCard
    card_sha256: str

    @property
    def card(self) -> Card:
        """A detector's. Raises PackageError when the package is none."""
        if not isinstance(self.described, Card):
            raise PackageError(f"{self.described.name}: not a detector; name another package")
        return self.described

    @property
    def vlm_card(self) -> VlmCard:
        """A vision-language model's. Raises PackageError when the package is none."""
        if not isinstance(self.described, VlmCard):
            raise PackageError(f"{self.described.name}: not a vision-language model; name another package")
        return self.described

    @property
    def language_card(self) -> LanguageCard:
        """A language model's. Raises PackageError when the package is none."""
        if not isinstance(self.described, LanguageCard):
            raise PackageError(f"{self.described.name}: not a language model; name another package")
        return self.described

    @property
    def sha256(self) -> str:
        """Of the weights: what incident reports state."""
        return self.described.files[self.described.weights].sha256

    def in_precision(self, precision: Precision) -> "Package":
        """A detector's package with other weights of its card. Raises PackageError where the card names none."""
        card = self.card
        if precision == card.precision:
            return self
        if precision not in card.variants:
            known = ", ".join((card.precision, *card.variants))
            raise PackageError(f"{card.name}: has no {precision} weights, only {known}; set one of these")
        other = card.model_copy(update={"precision": precision, "weights": card.variants[precision], "variants": {}})
        return Package(self.folder, other, self.card_sha256)

    def read_weights(self) -> bytes:
        """As `read_file`, of the weights."""
        return self.read_file(self.described.weights)

    def read_file(self, name: str) -> bytes:
        """name: among the card's files. The very bytes that were checked, so that nothing can be swapped between check
        and use.

        Raises PackageError when they no longer match the card.
        """
        return _read_checked(self.folder / name, self.described.files[name], self.described.name)


def open_package(folder: Path) -> Package:
    """Reads the card and checks every file that it names. Raises PackageError."""
    try:
        with open_regular(folder / CARD) as file:
            content = file.read(CARD_BYTES_MAX + 1)
    except OSError as error:
        raise PackageError(
            f"{folder}: no readable {CARD} ({error.strerror}); a model package is a folder with one"
        ) from error
    card = parse_card(content, str(folder / CARD))
    for name, facts in card.files.items():
        _check(folder / name, facts, card.name)
    return Package(folder, card, hashlib.sha256(content).hexdigest())


def _check(path: Path, facts: FileFacts, package: str) -> None:
    """As `_read_checked`, without holding the file in memory."""
    with _opened(path, package) as file:
        hashed = hashlib.sha256()
        size = 0
        while size <= facts.bytes and (piece := file.read(PIECE_BYTES)):
            hashed.update(piece)
            size += len(piece)
    _refuse_other(path, size, hashed.hexdigest(), facts, package)


def _read_checked(path: Path, facts: FileFacts, package: str) -> bytes:
    with _opened(path, package) as file:
        content = file.read(facts.bytes + 1)
    _refuse_other(path, len(content), hashlib.sha256(content).hexdigest(), facts, package)
    return content


@contextmanager
def _opened(path: Path, package: str) -> Iterator[BinaryIO]:
    if path.is_symlink():
        raise PackageError(f"{path}: a link; files of a package lie in its folder; {_pull_again(package)}")
    try:
        with open_regular(path) as file:
            yield file
    except OSError as error:
        raise PackageError(f"{path}: cannot be read ({error.strerror}); {_pull_again(package)}") from error


def _refuse_other(path: Path, size: int, sha256: str, facts: FileFacts, package: str) -> None:
    if (size, sha256) != (facts.bytes, facts.sha256):
        read = f"{size} bytes" if size <= facts.bytes else f"more than {facts.bytes} bytes"
        raise PackageError(
            f"{path}: {read}, sha256 {sha256[:12]}..., but the card says {facts.bytes} bytes, "
            f"{facts.sha256[:12]}...; {_pull_again(package)}"
        )


def _pull_again(package: str) -> str:
    return f"get the package again: xunjian models pull {package}, or install again what it ships with"
