"""Where the CPU goes: of each thread of a process, by the scheduler's own count, and of the whole machine."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class ProcessorTime:
    """ms since the start. ours, theirs: of this process and of one other; waited: of this one's threads for a core;
    idle: of all cores; busy: of all cores, whoever had them.
    """

    ours: float
    waited: float
    theirs: float
    idle: float
    busy: float

    @classmethod
    def now(cls, other: int) -> Self:
        ours, waited = _threads(os.getpid())
        theirs, _ = _threads(other)
        user, nice, system, idle, iowait, irq, softirq = _machine()
        return cls(ours, waited, theirs, idle + iowait, user + nice + system + irq + softirq)

    def since(self, earlier: Self) -> Self:
        return type(self)(
            self.ours - earlier.ours,
            self.waited - earlier.waited,
            self.theirs - earlier.theirs,
            self.idle - earlier.idle,
            self.busy - earlier.busy,
        )

    @property
    def others(self) -> float:
        """What ran beside both: where it is not next to nothing, rates say little."""
        return max(0.0, self.busy - self.ours - self.theirs)


def total(times: list[ProcessorTime]) -> ProcessorTime:
    names = ("ours", "waited", "theirs", "idle", "busy")
    return ProcessorTime(*(sum(getattr(one, name) for one in times) for name in names))


def _threads(process: int) -> tuple[float, float]:
    """Ran and waited, of the threads that there are."""
    ran = waited = 0
    for thread in Path(f"/proc/{process}/task").iterdir():
        try:
            on_core, in_queue, _ = (thread / "schedstat").read_text(encoding="ascii").split()
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        ran, waited = ran + int(on_core), waited + int(in_queue)
    return ran / 1e6, waited / 1e6


def _machine() -> list[float]:
    ticks = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:8]
    return [int(one) * 1000 / os.sysconf("SC_CLK_TCK") for one in ticks]
