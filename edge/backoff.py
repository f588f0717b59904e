"""How long to wait before the next attempt: growing, capped, jittered so that a fleet does not return in one wave."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """first_s: wait after the first attempt; it doubles up to most_s."""

    first_s: float
    most_s: float

    def delay_s(self, tries: int, chance: float) -> float:
        """tries: attempts made so far, from 0. chance: a random number in [0, 1). Between half and all of the wait."""
        doublings = min(tries, 32)  # 2.0**1024 is no float
        whole_s = min(self.most_s, self.first_s * 2.0**doublings)
        return whole_s * (0.5 + 0.5 * chance)
