"""Who says that they are looking. Until accounts exist a name is taken on trust, and stored as `unauthenticated`."""

from dataclasses import dataclass
from urllib.parse import quote, unquote

COOKIE = "xunjian_reviewer"
AUTHORITY = "unauthenticated"
NAME_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class Reviewer:
    name: str
    authority: str = AUTHORITY

    @property
    def cookie(self) -> str:
        return quote(self.name, safe="")


def clean_name(text: str) -> str | None:
    """One line of printable characters without outer spaces; None when nothing is left of it."""
    name = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return name[:NAME_LENGTH_MAX].strip() or None


def from_cookie(value: str | None) -> Reviewer | None:
    name = clean_name(unquote(value, errors="replace")) if value else None
    return Reviewer(name) if name else None
