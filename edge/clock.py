"""Time as the box knows it: the wall (maybe wrong), the monotonic clock, the boot, and how far to trust the wall."""

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

ClockState = Literal["synced", "holdover", "unsynced"]


@dataclass(frozen=True, slots=True)
class ClockQuality:
    state: ClockState
    offset_ms: float | None = None
    source: str = "system"


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant, said in every way a record needs."""

    wall: datetime  # aware, UTC
    monotonic_ms: int
    boot_id: str
    quality: ClockQuality


class Clock(ABC):
    @abstractmethod
    def now(self) -> Moment: ...

    @abstractmethod
    def monotonic_s(self) -> float:
        """Seconds that never go back; what timers and time-outs use."""


class SystemClock(Clock):
    """The operating system's clocks.

    `synced` when systemd-timesyncd or chrony left its mark in /run, else `unsynced`.
    """

    def __init__(self) -> None:
        boot_id = Path("/proc/sys/kernel/random/boot_id")
        self._boot_id = boot_id.read_text().strip() if boot_id.exists() else "unknown"

    def now(self) -> Moment:
        synced = Path("/run/systemd/timesync/synchronized").exists()
        quality = ClockQuality("synced" if synced else "unsynced")
        return Moment(datetime.now(UTC), time.monotonic_ns() // 1_000_000, self._boot_id, quality)

    def monotonic_s(self) -> float:
        return time.monotonic()
