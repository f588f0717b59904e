"""The queue between cameras and verifier: a lead never waits for it, and each inquiry gets exactly one answer."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from contract.heartbeat import VerifierState
from contract.incident_report import Verification
from edge.backoff import Backoff
from edge.clock import Clock
from edge.verification.inquiry import Inquiry
from edge.verification.verdict import FAILED, SKIPPED, Looked
from edge.verification.verifier import Verifier, VerifierError
from edge.verification.waiting import WaitingInquiries
from models.vlm.questions import questions_sha256

WAITING_MAX = 32
AGE_S_MAX = 120.0  # an older lead has been looked at by a person
RESTART = Backoff(first_s=1.0, most_s=60.0)
LOOK_S = 0.2
REST_SHARE, REST_S_MAX = 2.0, 2.0  # behind one answer, of the time it took; at most


@dataclass(frozen=True, slots=True)
class Answered:
    incident_id: str
    looked: Looked


class SecondLook:
    """`ask` and `take` from any thread, `run` in one of its own. tell: a fault's text, None when it is over. describes:
    whether the model also states what it sees of a lead, which waits until no lead waits for a verdict.
    """

    def __init__(
        self,
        verifier: Verifier,
        clock: Clock,
        tell: Callable[[str | None], None],
        *,
        waiting_max: int = WAITING_MAX,
        age_s_max: float = AGE_S_MAX,
        restart: Backoff = RESTART,
        describes: bool = False,
    ) -> None:
        self._verifier = verifier
        self._clock = clock
        self._tell = tell
        self._age_s_max = age_s_max
        self._restart = restart
        self._changed = threading.Condition()
        self._waiting = WaitingInquiries(waiting_max)
        self._describes = describes
        self._untold = WaitingInquiries(waiting_max)  # have their verdict, and wait for what is stated
        self._looks: dict[str, Looked] = {}  # of those
        self._text_failures = 0
        self._text_again_s = float("-inf")
        self._answers: dict[str, list[Answered]] = {}
        self._under_way: Inquiry | None = None
        self._failures = 0
        self._again_s = float("-inf")
        self._rested_s = float("-inf")
        self.shed = 0

    def ask(self, inquiry: Inquiry) -> None:
        """Never blocks. What is too much for the queue is answered with `skipped` at once, and counted in `shed`."""
        with self._changed:
            gone = self._waiting.add(inquiry)
            if gone is not None:
                self.shed += 1
                self._answer(gone, SKIPPED)
            self._changed.notify_all()

    def take(self, camera_id: str) -> list[Answered]:
        """What has been answered for this camera since the last call."""
        with self._changed:
            return self._answers.pop(camera_id, [])

    def state(self) -> VerifierState:
        with self._changed:
            busy = self._under_way is not None
            state: Literal["ready", "busy", "failed"] = "failed" if self._failures else "busy" if busy else "ready"
            return VerifierState(state=state, queue=len(self._waiting) + len(self._untold) + busy)

    def run(self, stopping: threading.Event, progress: Callable[[], None]) -> None:
        try:
            while not stopping.is_set():
                self.step(progress)
                progress()
        finally:
            self._verifier.close()

    def step(self, progress: Callable[[], None] = lambda: None) -> None:
        """One verdict; where none is wanted, one statement; or a short wait for either. progress: is called in between
        where more than one thing takes its time.

        Behind each the verifier rests twice as long as it has worked: what it costs detection is then a third, however
        many leads wait.
        """
        inquiry = self._next()
        if inquiry is None:
            return
        start_s = self._clock.monotonic_s()
        self._work(inquiry, progress)
        end_s = self._clock.monotonic_s()
        self._rested_s = end_s + min(REST_SHARE * (end_s - start_s), REST_S_MAX)

    def _work(self, inquiry: Inquiry, progress: Callable[[], None]) -> None:
        looked = self._looks.get(inquiry.incident_id)
        if looked is not None:
            self._describe(inquiry, looked, progress)
            return
        try:
            self._verifier.open()
            progress()
            verification = self._verifier.verify(inquiry)
        except VerifierError as error:
            self._fail(inquiry, error)
            return
        with self._changed:
            self._failures = 0
            self._under_way = None
            self._conclude(inquiry, self._looked(verification))
        if not self._text_failures:
            self._tell(None)

    def _describe(self, inquiry: Inquiry, looked: Looked, progress: Callable[[], None]) -> None:
        """A text that fails costs nobody's verdict a pause, only later texts'."""
        stated, error = None, None
        try:
            self._verifier.open()
            progress()
            stated = self._verifier.describe(inquiry)
        except VerifierError as failure:
            error = failure
        with self._changed:
            self._under_way = None
            self._text_failures = 0 if error is None else self._text_failures + 1
            if error is not None:
                delay_s = self._restart.delay_s(self._text_failures - 1, random.random())  # noqa: S311
                self._text_again_s = self._clock.monotonic_s() + delay_s
            self._told(inquiry, replace(looked, stated=stated))
        self._tell(None if error is None else f"descriptions: {error}; leads and verdicts go on without them")

    def _conclude(self, inquiry: Inquiry, looked: Looked) -> None:
        """The verdict at once; what is stated comes after."""
        if not self._describes:
            self._answer(inquiry, looked)
            return
        self._answer(inquiry, replace(looked, more=True))
        self._looks[inquiry.incident_id] = looked
        gone = self._untold.add(inquiry)
        if gone is not None:
            self._told(gone, self._looks[gone.incident_id])

    def _told(self, inquiry: Inquiry, looked: Looked) -> None:
        del self._looks[inquiry.incident_id]
        self._answer(inquiry, looked)

    def _next(self) -> Inquiry | None:
        now_s = self._clock.monotonic_s()
        with self._changed:
            for old in self._waiting.older_than(now_s - self._age_s_max):
                self.shed += 1
                self._answer(old, SKIPPED)
            for old in self._untold.older_than(now_s - self._age_s_max):
                self._told(old, self._looks[old.incident_id])
            if now_s >= max(self._again_s, self._rested_s):
                self._under_way = self._waiting.take()
            if self._under_way is None and now_s >= max(self._again_s, self._rested_s, self._text_again_s):
                self._under_way = self._untold.take()
            if self._under_way is None:
                rest_s = self._rested_s - now_s
                self._changed.wait(min(rest_s, LOOK_S) if rest_s > 0 else LOOK_S)
            return self._under_way

    def _fail(self, inquiry: Inquiry, error: VerifierError) -> None:
        delay_s = self._restart.delay_s(self._failures, random.random())  # noqa: S311
        with self._changed:
            self._failures += 1
            self._again_s = self._clock.monotonic_s() + delay_s
            self._under_way = None
            self._answer(inquiry, FAILED)
        self._tell(f"second look: {error}; leads go on without it")

    def _looked(self, verification: Verification) -> Looked:
        verifier = self._verifier
        return Looked(verification, f"{verifier.name} {verifier.sha256}", questions_sha256())

    def _answer(self, inquiry: Inquiry, looked: Looked) -> None:
        self._answers.setdefault(inquiry.camera_id, []).append(Answered(inquiry.incident_id, looked))
