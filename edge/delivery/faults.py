"""What is wrong right now, by name: shown in the heartbeat until it is over."""

import logging
import threading

FAULTS_MAX = 64
FAULT_CHARACTERS_MAX = 200
LOG = logging.getLogger(__name__)


class Faults:
    """Safe to use from several threads. A name holds one fault; raising it again replaces the text."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()

    def rise(self, name: str, text: str) -> None:
        """Logged when it is new or its text changed; beyond FAULTS_MAX names the heartbeat shows the first ones."""
        text = text[:FAULT_CHARACTERS_MAX]
        with self._lock:
            new = self._texts.get(name) != text
            if name in self._texts or len(self._texts) < FAULTS_MAX:
                self._texts[name] = text
        if new:
            LOG.warning("%s: %s", name, text)

    def clear(self, name: str) -> None:
        with self._lock:
            gone = self._texts.pop(name, None)
        if gone is not None:
            LOG.info("%s: over", name)

    def current(self) -> tuple[str, ...]:
        """`name: text`, in the order in which they rose."""
        with self._lock:
            return tuple(f"{name}: {text}" for name, text in self._texts.items())
