"""What is not looked at for a while: a camera, a rule, or the whole box."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

PausedThing = Literal["box", "camera", "rule"]


@dataclass(frozen=True, slots=True)
class Pause:
    """name: of the camera or the rule; empty for the box. ends_s: monotonic seconds of this process."""

    what: PausedThing
    name: str
    ends_s: float

    @property
    def key(self) -> tuple[PausedThing, str]:
        return self.what, self.name


@dataclass(frozen=True, slots=True)
class Paused:
    """For one camera, now. camera: nothing of it is looked at. rules: the ids of those that are not judged."""

    camera: bool = False
    rules: frozenset[str] = frozenset()


NOTHING_PAUSED = Paused()


def paused_for(camera_id: str, pauses: Iterable[Pause]) -> Paused:
    """pauses: those that go on."""
    keys = [pause.key for pause in pauses]
    if not keys:
        return NOTHING_PAUSED
    whole = ("box", "") in keys or ("camera", camera_id) in keys
    return Paused(whole, frozenset(name for what, name in keys if what == "rule"))
