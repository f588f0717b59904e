"""A rule's conditions hold: for one track, for a zone as a whole, or for the moment of a crossing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from edge.rules.rule import Rule
from edge.tracking.track import Track


@dataclass(frozen=True, slots=True)
class Condition:
    """One step of the trace: what was measured, and against what."""

    name: str
    value: float | int | str | bool
    threshold: float | int | str | bool
    unit: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a subject wears, or not, by a rule of kind `attribute_absence`. name: the class that should be present.

    score: the share of the judged detections that say so, 0..1.
    """

    name: str
    state: Literal["present", "absent", "unclear"]
    score: float


@dataclass(frozen=True, slots=True)
class Violation:
    """Going on now. Times are stream seconds: the conditions first held at `first_s` and last held at `last_s` (now,
    except while they fail for no longer than the gap).

    opened_s: the frame at which the dwell was done; None while it is not: such a violation is not yet a finding, but
    an incident that it would go on with is not closed meanwhile.
    tracks: the subjects as they were at `last_s`; one for rules about tracks. trace: as of `last_s`.
    attributes: by track id, what any rule of the camera knows of these tracks now.
    """

    rule: Rule
    tracks: tuple[Track, ...]
    first_s: float
    last_s: float
    opened_s: float | None
    trace: tuple[Condition, ...]
    attributes: Mapping[int, tuple[Attribute, ...]] = field(default_factory=dict)
