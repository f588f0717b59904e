"""The box's side of a camera's process: starting, asking, ending it."""

import atexit
import os
from multiprocessing import get_context
from typing import Any

from edge.capture import child, wire
from edge.capture.camera import CameraError
from edge.capture.picture_slot import PictureSlot, make_slot_memory
from edge.capture.source import Source

OPEN_S_MAX = 60.0  # a busy machine, the first process's libraries, a long file's index
ANSWER_S_MAX = 8.0  # beyond the time that the question itself may take
STOP_S_MAX = 3.0  # to say goodbye to the camera, which counts its sessions
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload([child.__name__])  # its libraries are loaded once and shared by all


class ProcessGoneError(Exception):
    """The process ended, or does not answer, or answers what makes no sense; the message says which."""


class CameraProcess:
    """Questions are asked one at a time. Raises ProcessGoneError when it cannot be started."""

    def __init__(self, source: Source) -> None:
        self._open_s_max = OPEN_S_MAX + source.patience.open_s_max
        try:
            self._start(source)
        except (EOFError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else "the forkserver is gone"
            raise ProcessGoneError(f"it cannot be started ({why})") from error
        atexit.register(self._process.kill)  # it does not heed the SIGTERM that multiprocessing sends at exit

    def _start(self, source: Source) -> None:
        """Raises OSError, and EOFError when the forkserver dies of it; the next start begins with a new one."""
        memory = make_slot_memory(source.camera_id)
        try:
            self.slot = PictureSlot(memory)
            self._connection, theirs = _CONTEXT.Pipe()
            self._process = _CONTEXT.Process(
                target=child.serve,
                args=(source, theirs, child.Descriptor(memory)),
                name=f"camera-{source.camera_id}",
                daemon=True,
            )
            with theirs:
                self._process.start()
        finally:
            os.close(memory)

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def open(self) -> None:
        """Waits until the source is open, or being tried. Raises CameraError when it cannot be opened."""
        self._expect(self._open_s_max)

    def ask(self, question: wire.Question, takes_s: float = 0.0, **facts: Any) -> dict[str, Any]:
        """Raises CameraError when the source failed for good."""
        self._say(question, **facts)
        return self._expect(takes_s + ANSWER_S_MAX)

    def ask_packets(self, question: wire.Question, **facts: Any) -> tuple[dict[str, Any], bytes]:
        answer = self.ask(question, **facts)
        try:
            return answer, self._connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise ProcessGoneError(self._end()) from error

    def stop(self) -> None:
        try:
            self._say("stop")
            self._process.join(STOP_S_MAX)
        except ProcessGoneError:
            pass
        self.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        atexit.unregister(self._process.kill)
        self._process.close()
        self._connection.close()
        self.slot.close()

    def _say(self, question: wire.Question, **facts: Any) -> None:
        try:
            wire.send(self._connection, question, **facts)
        except OSError as error:
            raise ProcessGoneError(self._end()) from error

    def _expect(self, within_s: float) -> dict[str, Any]:
        try:
            if not self._connection.poll(within_s):
                raise ProcessGoneError(f"no answer in {within_s:.0f} s")
            answer = wire.receive(self._connection)
        except (EOFError, OSError, ValueError) as error:
            raise ProcessGoneError(self._end()) from error
        if answer["kind"] == "failed":
            raise CameraError(str(answer.get("why")))
        return answer

    def _end(self) -> str:
        """How it ended, in words."""
        self._process.join(1.0)
        code = self._process.exitcode
        if code is None:
            return "it broke off"
        return f"it ended by signal {-code}" if code < 0 else f"it ended with {code}"
