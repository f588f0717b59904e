"""What may go to a terminal of texts that somebody else wrote: a file's name, fields of a record, words of a server."""

import json
from collections.abc import Mapping
from typing import Any


def printable(text: str) -> str:
    """One line, in which nothing moves a cursor or turns the direction of writing."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def json_line(row: Mapping[str, Any]) -> str:
    """One line, Chinese as it is read. JSON itself lets C1 controls stand; here they are escaped: nothing is lost."""
    return "".join(
        letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in json.dumps(row, ensure_ascii=False)
    )
