"""The hour, shift, day or week that a summary is about, and the buckets that it is counted in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

PeriodName = Literal["hour", "shift", "day", "week"]
PERIOD_NAMES: tuple[PeriodName, ...] = get_args(PeriodName)
LENGTHS = {
    "hour": timedelta(hours=1),
    "shift": timedelta(hours=8),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}
SHIFTS_START = 6  # o'clock: 06-14, 14-22, 22-06


@dataclass(frozen=True, slots=True)
class Period:
    """start, end: with a zone, end exclusive."""

    name: PeriodName
    start: datetime
    end: datetime

    @classmethod
    def around(cls, name: PeriodName, moment: datetime) -> "Period":
        """The one that holds `moment`, in the moment's own zone. Weeks begin on Monday."""
        hour = moment.replace(minute=0, second=0, microsecond=0)
        midnight = hour.replace(hour=0)
        start = {
            "hour": hour,
            "shift": hour - timedelta(hours=(hour.hour - SHIFTS_START) % 8),
            "day": midnight,
            "week": midnight - timedelta(days=midnight.weekday()),
        }[name]
        return cls(name, start, start + LENGTHS[name])

    @property
    def previous(self) -> "Period":
        return Period(self.name, self.start - LENGTHS[self.name], self.start)

    @property
    def step(self) -> timedelta:
        """A day of a week, an hour of anything shorter."""
        return timedelta(days=1) if self.name == "week" else timedelta(hours=1)

    def buckets(self) -> tuple[datetime, ...]:
        """Their starts."""
        return tuple(self.start + index * self.step for index in range((self.end - self.start) // self.step))

    def bucket_of(self, moment: datetime) -> int:
        return (moment - self.start) // self.step
