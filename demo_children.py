"""What the demo starts: commands to their end, and products as children that end with it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent
XUNJIAN = ROOT / ".venv/bin/xunjian"
STOP_S_MAX = 15


class DemoError(Exception):
    """One line for the person at the terminal."""


def xunjian(*arguments: str, given: str | None = None) -> str:
    """Runs a command to its end and returns what it printed. Raises DemoError with the command's own words."""
    done = subprocess.run([XUNJIAN, *arguments], input=given, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"xunjian {' '.join(arguments[:2])} ended with {done.returncode}"]
        raise DemoError(lines[-1])
    return done.stdout


class Interruption:
    """A signal ends the demo at once, or as soon as that is let go."""

    held = False
    came = False

    @classmethod
    def handle(cls, _number: int, _frame: FrameType | None) -> None:
        cls.came = True
        if not cls.held:
            raise KeyboardInterrupt

    @classmethod
    def let_go(cls) -> None:
        cls.held = False
        if cls.came:
            raise KeyboardInterrupt


@contextmanager
def started(log: Path, arguments: list[str], *, piped: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A product as a child in a session of its own, so that Ctrl-C reaches only this script; its words go to log."""
    with log.open("w", encoding="utf-8") as words:
        Interruption.held = True  # between its start and the `try` it would be left behind
        child = subprocess.Popen(
            [XUNJIAN, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if piped else words,
            stderr=words,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        try:
            Interruption.let_go()
            yield child
        finally:
            stop(child)


def stop(child: subprocess.Popen[str]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
