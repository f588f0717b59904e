"""The subscriber's worker without a broker: what it does when the database cannot be written."""

import queue
from collections.abc import Sequence

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from central.errors import StorageError
from central.ingest.message import Message, Outgoing
from central.ingest.subscriber import Subscriber
from central.metrics import Counters
from central.settings import Address
from tests.central.boxes import NOW, Centre, SigningBox

NOWHERE = Address("127.0.0.1", 9)


class Taker:
    """Fails as often as it is told to, then takes."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.taken: queue.Queue[bytes] = queue.Queue()

    def __call__(self, messages: Sequence[Message]) -> list[Outgoing]:
        if self._failures:
            raise self._failures.pop(0)
        if any(message.payload == b"poison" for message in messages):
            raise RuntimeError("a fault of ours")
        for message in messages:
            self.taken.put(message.payload)
        return []


def run(taker: Taker, *payloads: bytes) -> Counters:
    counters = Counters()
    subscriber = Subscriber(NOWHERE, "test", taker, counters, lambda: NOW)
    for place, payload in enumerate(payloads):
        subscriber._queue.put((Message("topic", payload, NOW), place + 1, 1, 0))
    subscriber._worker.start()
    for payload in payloads:
        if payload != b"poison":
            assert taker.taken.get(timeout=10) == payload
    subscriber.stop()
    return counters


def test_reports_wait_while_the_database_cannot_be_written_and_are_taken_when_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("central.ingest.subscriber.STORAGE_RETRY_S", (0.01, 0.02))
    counters = run(Taker(StorageError("disk full"), StorageError("disk full")), b"a", b"b")
    assert counters.read("storage_failures") == 2


def test_one_message_that_breaks_the_intake_does_not_stop_the_others() -> None:
    counters = run(Taker(), b"a", b"poison", b"b")
    assert counters.read("dropped", "fault") == 1


def test_a_database_that_fails_in_the_middle_is_reported_and_the_same_batch_is_stored_afterwards(
    database_url: str,
) -> None:
    box = SigningBox()
    centre = Centre.make(database_url, box)
    message = box.report()

    def fail(*_: object) -> None:
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    engine = centre.database._engine
    event.listen(engine, "commit", fail)
    with pytest.raises(StorageError, match="disk is full"):
        centre.take(message)
    event.remove(engine, "commit", fail)
    assert centre.stored == []
    assert [receipt.result for receipt in centre.take(message)] == ["stored"]
