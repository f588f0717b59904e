"""Times as people read them, in the centre's own zone; every element carries the exact time beside it."""

from datetime import datetime

from central.clock import now


def clock_time(moment: datetime) -> str:
    return moment.astimezone().strftime("%H:%M:%S")


def short_time(moment: datetime, today: datetime | None = None) -> str:
    """The clock for today, the date before it otherwise."""
    moment = moment.astimezone()
    today = (today or now()).astimezone()
    return moment.strftime("%H:%M" if moment.date() == today.date() else "%m-%d %H:%M")


def full_time(moment: datetime) -> str:
    moment = moment.astimezone()
    zone = moment.strftime("%z")
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC{zone[:3]}:{zone[3:]}"


def size(count: int) -> str:
    """Bytes in the unit that keeps the number short."""
    for unit, scale in (("MB", 1_000_000), ("kB", 1_000)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} B"


def age(seconds: float) -> str:
    """A length of time in the unit that keeps the number short."""
    for unit, scale in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * scale:
            return f"{seconds / scale:.0f} {unit}"
    return f"{seconds:.0f} s"
