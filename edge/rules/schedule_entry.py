"""`schedule:` of a rule in a rules file.

    schedule:
      weekly: {mon-fri: ["08:00-12:00", "13:30-18:00"], sat: ["22:00-06:00"], holiday: ["00:00-24:00"]}
      holidays: [2026-10-01, 2026-10-02]
      make_up_days: [2026-10-10]

Days that `weekly` leaves out are off duty; without `weekly` every day is on duty all day. A day in `holidays` has the
windows of `holiday` instead of its own, and is off duty without them; a day in `make_up_days` has those of Monday.
"""

import re
from datetime import date

from edge.rules.schedule import ALL_DAY, DAY_MINUTES, DAYS, Schedule, Window
from edge.rules.yaml_lines import Value

HOLIDAYS_MAX = 400


def read_schedule(value: Value) -> Schedule:
    """Raises RulesError."""
    keys = value.mapping(("weekly", "holidays", "make_up_days"))
    days: dict[str, tuple[Window, ...]] = {} if "weekly" in keys else dict.fromkeys(DAYS, (ALL_DAY,))
    for word, windows_value in keys["weekly"].mapping().items() if "weekly" in keys else ():
        windows = tuple(_window(item) for item in windows_value.items())
        for day in _days(word, windows_value):
            if day in days:
                windows_value.fail(f"weekly: {day} stands twice: keep one")
            days[day] = windows
    holidays, make_up_days = _dates(keys, "holidays"), _dates(keys, "make_up_days")
    if both := holidays & make_up_days:
        keys["make_up_days"].fail(f"make_up_days: {min(both)} is in holidays as well: keep one")
    return Schedule(tuple(days.get(day, ()) for day in DAYS), holidays, days.get("holiday", ()), make_up_days)


def _dates(keys: dict[str, Value], key: str) -> frozenset[date]:
    dates = frozenset(_date(item) for item in keys[key].items()) if key in keys else frozenset()
    if len(dates) > HOLIDAYS_MAX:
        keys[key].fail(f"{key}: at most {HOLIDAYS_MAX} days")
    return dates


def _days(word: str, value: Value) -> tuple[str, ...]:
    first, _, last = word.partition("-")
    if word == "holiday":
        return ("holiday",)
    if first not in DAYS or (last or first) not in DAYS or DAYS.index(last or first) < DAYS.index(first):
        value.fail(f"weekly: {word} is no day: write mon, mon-fri (mon tue wed thu fri sat sun) or holiday")
    return DAYS[DAYS.index(first) : DAYS.index(last or first) + 1]


def _window(item: Value) -> Window:
    word = item.raw_text()
    match = re.fullmatch(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)", word)
    start, end = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (0, -1)
    if not (0 <= start < DAY_MINUTES and 0 <= end <= DAY_MINUTES and start != end):
        item.fail(f'weekly: {word} is no window: write "08:00-18:00", or "22:00-06:00" past midnight')
    return Window(start, end)


def _date(item: Value) -> date:
    word = item.raw_text()
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", word):
            raise ValueError(word)
        return date.fromisoformat(word)
    except ValueError:
        item.fail(f"{item.name}: {word} is no day: write 2026-10-01")
