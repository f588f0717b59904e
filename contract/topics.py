"""The MQTT topic grammar: `xunjian/v1/{box}/KIND[/NAME]`. The box level stands alone so that a broker can bind it."""

import re
from dataclasses import dataclass

from contract.errors import MalformedError
from contract.ids import SLUG_PATTERN

PREFIX = "xunjian/v1"
FROM_BOX = frozenset({"incident", "heartbeat", "availability", "result", "state", "still"})
FROM_CENTRE = frozenset({"acknowledgement", "command"})
NAMED = frozenset({"command", "result", "state", "still"})
PAYLOAD_BYTES_MAX = 131_072  # a message stays under 128 KB

_SLUG = re.compile(SLUG_PATTERN)


@dataclass(frozen=True, slots=True)
class Topic:
    """Raises MalformedError for what the grammar does not know."""

    box_id: str
    kind: str
    name: str | None = None

    def __post_init__(self) -> None:
        if not _SLUG.match(self.box_id):
            raise MalformedError(f"{self.box_id!r} is not a box id")
        if self.kind not in FROM_BOX | FROM_CENTRE:
            raise MalformedError(f"there is no topic {self.kind!r}")
        if (self.name is not None) != (self.kind in NAMED):
            raise MalformedError(f"topic {self.kind!r} " + ("needs a name" if self.name is None else "takes no name"))
        if self.name is not None and not _SLUG.match(self.name):
            raise MalformedError(f"{self.name!r} is not a name for {self.kind!r}")

    def __str__(self) -> str:
        tail = "" if self.name is None else f"/{self.name}"
        return f"{PREFIX}/{self.box_id}/{self.kind}{tail}"


def parse(topic: str) -> Topic:
    """Raises MalformedError."""
    levels = topic.split("/")
    if levels[:2] != PREFIX.split("/") or len(levels) not in (4, 5):
        raise MalformedError(f"{topic[:80]!r} is not a topic of {PREFIX}")
    return Topic(levels[2], levels[3], levels[4] if len(levels) == 5 else None)


def every_box(kind: str) -> str:
    """The filter by which a centre subscribes to one kind from all boxes."""
    return f"{PREFIX}/+/{kind}" + ("/+" if kind in NAMED else "")


def of_box(box_id: str, kind: str) -> str:
    """The filter by which a box subscribes to one kind for itself."""
    return f"{PREFIX}/{box_id}/{kind}" + ("/+" if kind in NAMED else "")
