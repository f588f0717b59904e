"""One mapping of a scenario's file: what it says, checked; every error names where it stands."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from models.errors import ScenarioError
from models.synthetic.figures import Colour

Word = TypeVar("Word", bound=str)


class Words:
    """raw: the mapping itself. where: file and place, how messages begin. Raises ScenarioError throughout."""

    def __init__(self, value: object, where: str, allowed: Sequence[str], needed: Sequence[str] = ()) -> None:
        if not isinstance(value, Mapping):
            raise ScenarioError(f"{where}: expected keys {', '.join(sorted(allowed))}")
        if unknown := set(value) - set(allowed):
            known = ", ".join(sorted(allowed))
            raise ScenarioError(f"{where}: unknown key {', '.join(map(str, sorted(unknown)))} (known: {known})")
        if missing := set(needed) - set(value):
            raise ScenarioError(f"{where}: {', '.join(sorted(missing))} is missing")
        self.raw: Mapping[str, Any] = value
        self.where = where

    def part(self, key: str, allowed: Sequence[str]) -> "Words":
        return Words(self.raw.get(key, {}), f"{self.where}: {key}", allowed)

    def mapping(self, key: str) -> dict[str, object]:
        value = self.raw.get(key, {})
        if not isinstance(value, Mapping):
            raise ScenarioError(f"{self.where}: {key}: expected NAME: ..., got {value!r}")
        return {str(name): item for name, item in value.items()}

    def items(self, key: str) -> list[object]:
        value = self.raw.get(key, [])
        if not isinstance(value, list):
            raise ScenarioError(f"{self.where}: {key}: expected a list, got {value!r}")
        return value

    def number(self, key: str, usual: float | None = None, *, least: float | None = None, most: float = 1e6) -> float:
        """Positive, or from `least` on."""
        value = self.raw.get(key, usual)
        low = 0.0 if least is None else least
        fits = not isinstance(value, bool) and isinstance(value, int | float) and low <= value <= most
        if not fits or (least is None and value == 0):
            span = f"from {low:g} to {most:g}" if most < 1e6 or least is not None else "above 0"
            raise ScenarioError(f"{self.where}: {key}: expected a positive number {span}, got {value!r}")
        return float(value)

    def numbers(self, value: object, count: int) -> tuple[float, ...]:
        if not isinstance(value, list) or len(value) != count or not all(isinstance(one, int | float) for one in value):
            raise ScenarioError(f"{self.where}: expected {count} numbers, got {value!r}")
        return tuple(float(one) for one in value)

    def name(self, key: str) -> str:
        """YAML reads a bare `off` or `1` as something else than a name."""
        value = self.raw[key]
        if not isinstance(value, str) or not value:
            raise ScenarioError(f"{self.where}: {key}: expected a name, got {value!r}; quote it")
        return value

    def flag(self, key: str, *, usual: bool) -> bool:
        value = self.raw.get(key, usual)
        if not isinstance(value, bool):
            raise ScenarioError(f"{self.where}: {key}: expected true or false, got {value!r}")
        return value

    def choice(self, key: str, known: Sequence[Word], usual: Word | None) -> Word:
        return self.one_of(self.raw.get(key, usual), known, key)

    def one_of(self, value: object, known: Sequence[Word], key: str) -> Word:
        for word in known:
            if word == value:
                return word
        raise ScenarioError(f"{self.where}: {key} {value!r} is not one of {', '.join(known)}")

    def colour(self, key: str, usual: Colour) -> Colour:
        if key not in self.raw:
            return usual
        match = re.fullmatch(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", str(self.raw[key]).lower())
        if match is None:
            raise ScenarioError(f"{self.where}.{key}: {self.raw[key]!r} is not a colour like '#b03030'")
        red, green, blue = (int(part, 16) for part in match.groups())
        return blue, green, red
