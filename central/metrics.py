"""Counters and gauges in the Prometheus text format (version 0.0.4)."""

import threading
from collections.abc import Callable

PREFIX = "xunjian_central"
LOGGED_FIRST = 20
LOGGED_EVERY = 100


class Counters:
    """Counts by name and one label value, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], int] = {}
        self._gauges: dict[str, Callable[[], float]] = {}

    def add(self, name: str, label: str = "", count: int = 1) -> int:
        """The total after it."""
        with self._lock:
            total = self._counts.get((name, label), 0) + count
            self._counts[name, label] = total
        return total

    def worth_a_line(self, name: str, label: str) -> bool:
        """Counts, and says whether to log this one: a flood must not fill the disk with lines."""
        total = self.add(name, label)
        return total <= LOGGED_FIRST or total % LOGGED_EVERY == 0

    def read(self, name: str, label: str = "") -> int:
        with self._lock:
            return self._counts.get((name, label), 0)

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        self._gauges[name] = read

    def text(self) -> str:
        with self._lock:
            counts = sorted(self._counts.items())
        lines = []
        seen = ""
        for (name, label), count in counts:
            if name != seen:
                lines.append(f"# TYPE {PREFIX}_{name}_total counter")
                seen = name
            lines.append(f"{PREFIX}_{name}_total" + (f'{{result="{label}"}}' if label else "") + f" {count}")
        for name, read in sorted(self._gauges.items()):
            lines += [f"# TYPE {PREFIX}_{name} gauge", f"{PREFIX}_{name} {read():g}"]
        return "\n".join(lines) + "\n"
