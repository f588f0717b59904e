"""Has a language model write summaries in the background, one at a time. Nobody waits for it; what it says is shown
only when all of it is in the facts, which `models/vlm/summary_writer.py` and the reader of the stored text both check.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from central.clock import Now
from central.database.engine import Database
from central.metrics import Counters
from central.summaries.texts import facts_sha256, keep
from contract.ids import uuid7
from models.vlm.summary import Facts, Language
from models.vlm.summary_writer import Summary, TextModel, write_summary
from models.vlm.timed_model import TEXT_S_MAX, TimedModel

WAITING_MAX = 32
STOP_WAIT_S = 5.0
COUNTER = "summary_texts"

log = logging.getLogger(__name__)


class SummaryWriter:
    """producer: the deployment's code in the label of generated text."""

    def __init__(
        self,
        database: Database,
        model: TextModel,
        producer: str,
        counters: Counters,
        now: Now,
        *,
        text_s_max: float = TEXT_S_MAX,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._model = model
        self._producer = producer
        self._counters = counters
        self._now = now
        self._text_s_max = text_s_max
        self._monotonic_s = monotonic_s
        self._waiting: queue.Queue[tuple[Facts, Language]] = queue.Queue(WAITING_MAX)
        self._known: set[tuple[str, Language]] = set()  # waiting or being written
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work, name="summaries", daemon=True)

    def start(self) -> None:
        self._worker.start()

    def stop(self) -> None:
        """A text under way is left: it is asked for again when somebody looks."""
        self._stopping.set()
        if self._worker.is_alive():
            self._worker.join(STOP_WAIT_S)

    def ask(self, table: Facts, language: Language) -> None:
        """From any thread, at once. With a full queue the template stays, and the next look asks again."""
        key = (facts_sha256(table), language)
        with self._lock:
            if key in self._known:
                return
            try:
                self._waiting.put_nowait((table, language))
            except queue.Full:
                self._counters.add(COUNTER, "queue_full")
                return
            self._known.add(key)

    def step(self, wait_s: float = 0.0) -> bool:
        """One text; False when none came in wait_s. Raises DBAPIError: nothing stored, the next look asks again."""
        try:
            table, language = self._waiting.get(timeout=wait_s) if wait_s else self._waiting.get_nowait()
        except queue.Empty:
            return False
        try:
            self._write(table, language)
        finally:
            with self._lock:
                self._known.discard((facts_sha256(table), language))
        return True

    def _write(self, table: Facts, language: Language) -> None:
        model = TimedModel(self._model, self._text_s_max, self._monotonic_s)
        summary = write_summary(table, language, model, producer=self._producer, new_id=lambda: uuid7(self._now()))
        if summary.reason != "model_failed":  # a server that is away says nothing about these facts
            with self._database.writing() as session:
                keep(session, table, language, summary, model=self._model.name, written_at=self._now())
        result = _result(summary)
        if self._counters.worth_a_line(COUNTER, result) and summary.source == "template":
            why = "; ".join(summary.refused[-1][1])[:300] if summary.refused else ""
            log.warning("summary from the template (%s): %s", result, why)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self.step(wait_s=1.0)
            except DBAPIError as error:
                log.error("a summary was not stored: %s", error)  # noqa: TRY400 - the line says all


def _result(summary: Summary) -> str:
    """`first_try`, `after_retry`, or why the template stands."""
    if summary.reason is not None:
        return summary.reason
    return "first_try" if summary.attempts == 1 else "after_retry"
