"""Who or what is in a scene: its kind, its way, its looks, what it wears when, and who carries it."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal, get_args

from models.synthetic.figures import Colour
from models.synthetic.path import Path

Kind = Literal[
    "person", "bicycle", "motorcycle", "car", "truck", "bus", "bag", "crate", "bin", "fire", "smoke", "lamp", "sun"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOTOR_VEHICLES = frozenset({"motorcycle", "car", "truck", "bus"})
RIDDEN = frozenset({"bicycle", "motorcycle"})
PAINTED = MOTOR_VEHICLES | RIDDEN
GOODS = frozenset({"bag", "crate"})


@dataclass(frozen=True, slots=True)
class Worn:
    """changes: `(t_s, on)` with rising times; before the first it is as the first says."""

    changes: tuple[tuple[float, bool], ...] = ((0.0, False),)

    def at(self, t_s: float) -> bool:
        index = bisect_right([since_s for since_s, _ in self.changes], t_s) - 1
        return self.changes[max(index, 0)][1]

    def shifted(self, by_s: float) -> "Worn":
        return Worn(tuple((since_s + by_s, on) for since_s, on in self.changes))


@dataclass(frozen=True, slots=True)
class Carry:
    """In somebody's hands from `from_s` to `to_s`; then it lies where it was put down."""

    from_s: float
    to_s: float
    carrier_id: str


@dataclass(frozen=True, slots=True)
class Actor:
    """path: None for goods that are only ever carried. colour: paint, shirt, sack; size: 1 is usual, for a person
    height / 1.75 m, for fire its height in metres once grown. up_m: how high a lamp hangs. grow_s: of fire and smoke.
    """

    actor_id: str
    kind: Kind
    path: Path | None
    colour: Colour
    second_colour: Colour
    size: float
    helmet: Worn = Worn()
    vest: Worn = Worn()
    rider: bool = True
    carried: tuple[Carry, ...] = ()
    up_m: float = 0.0
    grow_s: float = 4.0

    def carry_at(self, t_s: float) -> Carry | None:
        return next((carry for carry in self.carried if carry.from_s <= t_s < carry.to_s), None)
