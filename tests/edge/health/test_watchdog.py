"""A worker that dies, ends or stands still is named; none of that passes unnoticed."""

import threading
from collections.abc import Callable

from edge.health.watchdog import Work, Worker
from tests.edge.delivery.drafts import SteppedClock


def ran(work: Work) -> Worker:
    worker = Worker("worker", work, SteppedClock())
    worker.start()
    assert worker.join(5)
    return worker


def test_a_worker_that_dies_is_named_with_what_it_died_of() -> None:
    def work(_: threading.Event, __: Callable[[], None]) -> None:
        raise ValueError("bad weather")

    assert ran(work).complaint() == "worker died: bad weather"


def test_even_a_worker_that_exits_is_noticed() -> None:
    def work(_: threading.Event, __: Callable[[], None]) -> None:
        raise SystemExit

    assert ran(work).complaint() == "worker died: SystemExit"


def test_a_worker_that_ends_by_itself_is_a_fault_and_one_that_was_asked_is_not() -> None:
    assert ran(lambda *_: None).complaint() == "worker ended by itself"

    def work(stopping: threading.Event, _: Callable[[], None]) -> None:
        stopping.wait(5)

    worker = Worker("worker", work, SteppedClock())
    worker.start()
    worker.ask_to_stop()
    assert worker.join(5)
    assert worker.complaint() is None


def test_a_worker_that_makes_no_progress_is_named_and_progress_clears_it() -> None:
    clock, go, went = SteppedClock(), threading.Event(), threading.Event()

    def work(stopping: threading.Event, progress: Callable[[], None]) -> None:
        go.wait(5)
        progress()
        went.set()
        stopping.wait(5)

    worker = Worker("worker", work, clock, stall_s=60)
    worker.start()
    assert worker.complaint() is None
    clock.at_s += 61
    assert worker.complaint() == "worker has made no progress for 61 s"
    go.set()
    assert went.wait(5)
    assert worker.complaint() is None
    worker.ask_to_stop()
    assert worker.join(5)
