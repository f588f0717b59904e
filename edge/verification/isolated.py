"""Adapter: a verifier in a process of its own, with a deadline for every answer."""

import atexit
import json
import pickle
import threading
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from contract.incident_report import Verification
from edge.verification import child
from edge.verification.child import Wanted
from edge.verification.inquiry import Inquiry
from edge.verification.verifier import Verifier, VerifierError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

OPEN_S_MAX = 60.0  # a busy machine, a package of a few hundred megabytes
_CONTEXT = get_context("forkserver")


class IsolatedVerifier(Verifier):
    """answer_s_max: for one inquiry; what takes longer is ended and started again with the next one."""

    def __init__(self, wanted: Wanted, answer_s_max: float, open_s_max: float = OPEN_S_MAX) -> None:
        self.name, self.sha256 = wanted.model or (wanted.server.model if wanted.server else "scripted"), ""
        self._wanted = wanted
        self._answer_s_max = answer_s_max
        self._open_s_max = open_s_max
        self._process: Any = None
        self._connection: Connection | None = None

    @property
    def process_id(self) -> int | None:
        return None if self._process is None else int(self._process.pid)

    def verify(self, inquiry: Inquiry) -> Verification:
        answer = self._asked("verify", inquiry)
        try:
            return Verification.model_validate(answer.get("verification"))
        except ValidationError as error:
            raise self._ended("it answers what is no verdict") from error

    def describe(self, inquiry: Inquiry) -> str:
        stated = self._asked("describe", inquiry).get("stated")
        if not isinstance(stated, str):
            raise self._ended("it answers what is no text")
        return stated

    def _asked(self, task: child.Task, inquiry: Inquiry) -> dict[str, Any]:
        self.open()
        self._send(pickle.dumps((task, inquiry)))
        answer = self._receive(self._answer_s_max)
        if answer["kind"] == "failed":
            raise VerifierError(str(answer.get("why")))
        return answer

    def _send(self, content: bytes) -> None:
        """Crops are larger than a pipe: a process that stands still takes none of them, and a write has no deadline of
        its own. Raises VerifierError.
        """
        assert self._connection is not None
        late = threading.Timer(self._answer_s_max, self._process.kill)
        late.daemon = True
        late.start()
        try:
            self._connection.send_bytes(content)
        except OSError as error:
            raise self._ended() from error
        finally:
            late.cancel()

    def open(self) -> None:
        """Starts the process where there is none, and waits until its model is loaded. Raises VerifierError."""
        if self._process is not None:
            return
        try:
            self._start()
        except (EOFError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else "the forkserver is gone"
            raise VerifierError(f"the verifier cannot be started ({why})") from error
        said = self._receive(self._open_s_max)
        if said["kind"] != "ready":
            raise self._ended(str(said.get("why")))
        self.name, self.sha256 = str(said.get("name")), str(said.get("sha256"))

    def _start(self) -> None:
        """Raises OSError, and EOFError when the forkserver dies of it; the next start begins with a new one."""
        ours, theirs = _CONTEXT.Pipe()
        process = _CONTEXT.Process(target=child.serve, args=(self._wanted, theirs), name=child.COMMAND, daemon=True)
        try:
            with theirs:
                process.start()
        except (EOFError, OSError):
            ours.close()
            raise
        self._process, self._connection = process, ours
        atexit.register(process.kill)

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join()
            atexit.unregister(process.kill)
            process.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _receive(self, within_s: float) -> dict[str, Any]:
        """Raises VerifierError; then the process is gone."""
        assert self._connection is not None
        try:
            if not self._connection.poll(within_s):
                raise self._ended(f"no answer in {within_s:g} s")
            answer = json.loads(self._connection.recv_bytes(child.ANSWER_BYTES_MAX))
        except (EOFError, OSError, ValueError) as error:
            raise self._ended() from error
        if not isinstance(answer, dict) or "kind" not in answer:
            raise self._ended("it answers what makes no sense")
        return answer

    def _ended(self, why: str | None = None) -> VerifierError:
        """Ends what is left of the process; why: else how it ended by itself."""
        if why is None and self._process is not None:
            self._process.join(1.0)
            code = self._process.exitcode
            if code is None:
                why = "it broke off"
            else:
                why = f"it ended by signal {-code}" if code < 0 else f"it ended with {code}"
        self.close()
        return VerifierError(f"the verifier: {why}")
