"""The one place where the centre reads the wall clock; everything else is handed a moment."""

from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)
