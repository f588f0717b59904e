"""How much room is left where the box keeps its evidence."""

import os
from pathlib import Path

from contract.heartbeat import DiskState

FULL_BYTES = 64 * 1024 * 1024
LOW_BYTES = 512 * 1024 * 1024
LOW_SHARE = 0.05


def read_disk(folder: Path) -> DiskState:
    """`low` under 512 MB or 5 %, `full` under 64 MB: new evidence suffers before the outbox does."""
    try:
        facts = os.statvfs(folder)
    except OSError:
        return DiskState(free_bytes=0, state="read_only")
    free_bytes = facts.f_bavail * facts.f_frsize
    if facts.f_flag & os.ST_RDONLY:
        return DiskState(free_bytes=free_bytes, state="read_only")
    if free_bytes < FULL_BYTES:
        return DiskState(free_bytes=free_bytes, state="full")
    low = free_bytes < min(LOW_BYTES, LOW_SHARE * facts.f_blocks * facts.f_frsize)
    return DiskState(free_bytes=free_bytes, state="low" if low else "ok")
