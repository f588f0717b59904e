"""A time on the command line, with its zone."""

import argparse
from datetime import datetime


def moment(text: str) -> datetime:
    """For `type=`. Raises ArgumentTypeError, also for a time without a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 2026-03-01T08:00:00Z") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; add Z, or an offset like +08:00")
    return moment
