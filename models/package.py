"""A model package on disk: a folder with `card.yaml`, the weights, and the prose that goes with them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from models.card import CARD_BYTES_MAX, Card, FileFacts, parse_card
from models.errors import PackageError

CARD = "card.yaml"


@dataclass(frozen=True, slots=True)
class Package:
    """A folder whose every file was what its card says when it was opened. card_sha256: of the card's bytes."""

    folder: Path
    card: Card
    card_sha256: str

    @property
    def sha256(self) -> str:
        """Of the weights: what incident reports state."""
        return self.card.files[self.card.weights].sha256

    def read_weights(self) -> bytes:
        """The very bytes that were checked, so that nothing can be swapped between check and use.

        Raises PackageError when they no longer match the card.
        """
        return _read_checked(self.folder / self.card.weights, self.card.files[self.card.weights], self.card.name)


def open_package(folder: Path) -> Package:
    """Reads the card and checks every file that it names. Raises PackageError."""
    try:
        with (folder / CARD).open("rb") as file:
            content = file.read(CARD_BYTES_MAX + 1)
    except OSError as error:
        raise PackageError(
            f"{folder}: no readable {CARD} ({error.strerror}); a model package is a folder with one"
        ) from error
    card = parse_card(content, str(folder / CARD))
    for name, facts in card.files.items():
        _read_checked(folder / name, facts, card.name)
    return Package(folder, card, hashlib.sha256(content).hexdigest())


def _read_checked(path: Path, facts: FileFacts, package: str) -> bytes:
    pull_again = f"get the package again: xunjian models pull {package}"
    if path.is_symlink():
        raise PackageError(f"{path}: a link; files of a package lie in its folder; {pull_again}")
    try:
        with path.open("rb") as file:
            content = file.read(facts.bytes + 1)
    except OSError as error:
        raise PackageError(f"{path}: cannot be read ({error.strerror}); {pull_again}") from error
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != facts.sha256:
        size = f"{len(content)} bytes" if len(content) <= facts.bytes else f"more than {facts.bytes} bytes"
        raise PackageError(
            f"{path}: {size}, sha256 {sha256[:12]}..., but the card says {facts.bytes} bytes, "
            f"{facts.sha256[:12]}...; {pull_again}"
        )
    return content
