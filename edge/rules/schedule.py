"""When a rule is on duty: weekly windows and holidays, in the local time of the box."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes after midnight, start included, end not. An end that is not after the start is on the next day."""

    start: int
    end: int

    def covers(self, minute: float) -> bool:
        """minute: after midnight of the day the window starts on; from 1440 on it is the next day."""
        return self.start <= minute < (self.end if self.end > self.start else self.end + DAY_MINUTES)

    def __str__(self) -> str:
        return f"{self.start // 60:02}:{self.start % 60:02}-{self.end // 60:02}:{self.end % 60:02}"


ALL_DAY = Window(0, DAY_MINUTES)


@dataclass(frozen=True, slots=True)
class Schedule:
    """weekly: the windows of each day, Monday first. A day in `holidays` has the windows of `holiday` instead, one in
    `make_up_days` (it makes up for a holiday) those of Monday.
    """

    weekly: tuple[tuple[Window, ...], ...] = ((ALL_DAY,),) * 7
    holidays: frozenset[date] = frozenset()
    holiday: tuple[Window, ...] = ()
    make_up_days: frozenset[date] = frozenset()

    def covers(self, local: datetime) -> bool:
        minute = local.hour * 60 + local.minute + local.second / 60
        today, yesterday = local.date(), local.date() - timedelta(days=1)
        return any(window.covers(minute) for window in self._windows(today)) or any(
            window.covers(minute + DAY_MINUTES) for window in self._windows(yesterday)
        )

    def _windows(self, day: date) -> tuple[Window, ...]:
        if day in self.holidays:
            return self.holiday
        return self.weekly[0 if day in self.make_up_days else day.weekday()]

    def canonical(self) -> dict[str, Any]:
        weekly = {name: [str(window) for window in day] for name, day in zip(DAYS, self.weekly, strict=True)}
        form: dict[str, Any] = {
            "weekly": weekly | {"holiday": [str(window) for window in self.holiday]},
            "holidays": sorted(day.isoformat() for day in self.holidays),
        }
        if self.make_up_days:  # left out when empty: a rule that does not use them keeps its version
            form["make_up_days"] = sorted(day.isoformat() for day in self.make_up_days)
        return form


ALWAYS = Schedule()
