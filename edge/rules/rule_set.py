"""A whole rules file, checked."""

from dataclasses import dataclass

from contract.codec import canonical, sha256_hex
from edge.rules.line import Line
from edge.rules.rule import Rule
from edge.rules.zone import Zone


@dataclass(frozen=True, slots=True)
class RuleSet:
    """notes: one line each, what a user should know although nothing is wrong (a rule that is off)."""

    file: str
    rules: tuple[Rule, ...]
    zones: tuple[Zone, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    def for_camera(self, camera_id: str) -> tuple[Rule, ...]:
        """The enabled rules whose zone or line belongs to this camera."""
        return tuple(rule for rule in self.rules if rule.enabled and rule.place.belongs_to(camera_id))

    def masks(self, camera_id: str) -> tuple[Zone, ...]:
        """The privacy masks to burn into every derivative of this camera's pictures."""
        return tuple(zone for zone in self.zones if zone.kind == "mask" and zone.belongs_to(camera_id))

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras that zones and lines name, in order of the file."""
        places: tuple[Zone | Line, ...] = (*self.zones, *self.lines)
        return tuple(dict.fromkeys(camera for place in places for camera in place.cameras))

    @property
    def version(self) -> str:
        """First 12 hex of sha256 over all rules: `versions.rule_pack` of a report."""
        return sha256_hex(canonical({"rules": [rule.canonical() for rule in self.rules]}))[:12]
