"""A publisher's terms, shown before anything of theirs is fetched, and a person's word that they are accepted."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

from models.errors import PackageError

TEXT_LENGTH_MAX = 100_000
_SILENT = {"script", "style", "head", "nav", "header", "footer", "svg", "devsite-header", "button"}
_LINES = {"p", "li", "h1", "h2", "h3", "h4", "br", "div", "tr"}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._silent = 0
        self._article = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag == "article":
            self.pieces.append("\x00")
        if tag in _LINES:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag == "article":
            self.pieces.append("\x00")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(re.sub(r"\s+", " ", data))


def plain_text(content: bytes) -> str:
    """A page's words, of its article alone where it has one; control characters dropped: it is shown on a terminal."""
    words = _Words()
    words.feed(content.decode("utf-8", "replace"))
    text = "".join(words.pieces)
    if text.count("\x00") >= 2:
        text = text.split("\x00")[1]
    text = "".join(letter for letter in text if letter.isprintable() or letter == "\n")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)[:TEXT_LENGTH_MAX]


def ask_to_accept(name: str, text: str, *, accepted: bool, interactive: bool, read_line: Callable[[str], str]) -> None:
    """accepted: `--accept-terms` was given. Prints the terms in any case. Raises PackageError without a yes."""
    print(text)
    if accepted:
        return
    if not interactive:
        raise PackageError(f"{name}: its terms (above) are accepted by a person, or with --accept-terms")
    try:
        said = read_line(f"Type `accept` to accept these terms and get {name}: ")
    except EOFError:
        said = ""
    if said.strip().lower() != "accept":
        raise PackageError(f"{name}: its terms were not accepted; nothing was installed")
