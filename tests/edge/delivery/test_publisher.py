"""The publisher sends again and again, and believes nobody but the centre whose key is pinned."""

from itertools import pairwise

import pytest

from contract import codec
from contract.acknowledgement import Acknowledgement
from contract.signing import SigningKey
from edge.delivery.broker import NOT_AUTHORISED, Connected, Disconnected, Message
from edge.delivery.faults import Faults
from edge.delivery.identity import Identity
from edge.delivery.memory_broker import MemoryBroker
from edge.delivery.outbox import Outbox
from edge.delivery.publisher import ANSWER, LIVE_ROWS, URGENT_ROWS, WINDOW_ROWS, Publisher
from tests.edge.delivery.drafts import BOX_KEY, Draft, SteppedClock, acknowledgement

REPORTS = "xunjian/v1/box-1/incident"
ANSWERS = "xunjian/v1/box-1/acknowledgement"
CENTRE_KEY = SigningKey.generate()


class Bench:
    """A box's outbox and publisher on a hub, and a centre that answers when it is told to."""

    def __init__(self, outbox: Outbox, clock: SteppedClock) -> None:
        self.outbox, self.clock, self.faults = outbox, clock, Faults()
        self.hub = MemoryBroker.Hub()
        self.centre = MemoryBroker(self.hub, [REPORTS])
        self.broker = MemoryBroker(self.hub, [ANSWERS])
        identity = Identity("box-1", 1, BOX_KEY, CENTRE_KEY.public)
        self.publisher = Publisher(identity, outbox, self.broker, clock, self.faults)

    def step(self) -> None:
        self.broker.deliver(self.publisher.handle)
        self.publisher.step(0)

    def sent(self) -> list[int]:
        """The numbers that were published on the reports' topic since the last look."""
        payloads = [message.payload for message in self.hub.published if message.topic == REPORTS]
        self.hub.published.clear()
        return [codec.parse(payload, 200_000)["report_seq"] for payload in payloads]

    def answer(self, document: Acknowledgement, key: SigningKey = CENTRE_KEY) -> None:
        self.say(key.sign(document))

    def say(self, payload: bytes) -> None:
        self.centre.publish(Message(ANSWERS, payload))
        self.step()

    def fault(self, name: str) -> str:
        return next((text for text in self.faults.current() if text.startswith(f"{name}: ")), "")


@pytest.fixture
def bench(tmp_path: object) -> Bench:
    clock = SteppedClock()
    return Bench(Outbox(tmp_path / "outbox.sqlite3", clock), clock)  # type: ignore[operator]


def test_a_committed_report_is_sent_and_freed_by_the_signed_acknowledgement(bench: Bench) -> None:
    (revision,) = bench.outbox.commit([Draft()])
    bench.step()
    assert bench.sent() == [1]
    bench.step()
    assert bench.outbox.depth().rows == 1, "the broker's answer alone frees nothing"
    bench.answer(acknowledgement(revision))
    assert bench.outbox.depth().rows == 0


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff\xfe", b"[]", b'{"schema":"xunjian.acknowledgement/1"}', b"x" * 300_000],
    ids=["empty", "not text", "a list", "unsigned", "too large"],
)
def test_garbage_on_the_acknowledgement_topic_changes_nothing(bench: Bench, payload: bytes) -> None:
    bench.outbox.commit([Draft()])
    bench.step()
    bench.say(payload)
    assert bench.outbox.depth().rows == 1
    assert "not the centre's" in bench.fault("acknowledgement")


def test_an_acknowledgement_by_a_foreign_key_changes_nothing(bench: Bench) -> None:
    (revision,) = bench.outbox.commit([Draft()])
    bench.step()
    bench.answer(acknowledgement(revision), SigningKey.generate())
    assert bench.outbox.depth().rows == 1
    assert "expected" in bench.fault("acknowledgement")
    bench.answer(acknowledgement(revision))
    assert (bench.outbox.depth().rows, bench.fault("acknowledgement")) == (0, "")


def test_an_acknowledgement_that_was_changed_after_signing_changes_nothing(bench: Bench) -> None:
    first, second = bench.outbox.commit([Draft(), Draft()])
    bench.step()
    value = codec.parse(CENTRE_KEY.sign(acknowledgement(first)), 200_000)
    value["reports"][0] |= acknowledgement(second).to_object()["reports"][0]
    bench.say(codec.canonical(value))
    assert bench.outbox.depth().rows == 2


def test_an_acknowledgement_for_another_box_changes_nothing(bench: Bench) -> None:
    (revision,) = bench.outbox.commit([Draft()])
    bench.step()
    bench.answer(acknowledgement(revision).model_copy(update={"box_id": "box-2"}))
    assert bench.outbox.depth().rows == 1


def test_a_broker_that_refuses_is_a_fault_and_the_row_is_sent_again_later(bench: Bench) -> None:
    bench.hub.codes[REPORTS] = NOT_AUTHORISED
    bench.outbox.commit([Draft()])
    bench.step()
    bench.step()
    assert (bench.sent(), bench.outbox.depth().rows) == ([1], 1)
    assert "0x87" in bench.fault("publish")
    bench.hub.codes.clear()
    bench.clock.at_s += ANSWER.first_s
    bench.step()
    bench.step()
    assert (bench.sent(), bench.fault("publish")) == ([1], "")


def test_a_broker_without_the_centre_behind_it_is_a_fault_and_frees_nothing(bench: Bench) -> None:
    bench.hub.clients.remove(bench.centre)
    bench.outbox.commit([Draft()])
    bench.step()
    bench.step()
    assert bench.outbox.depth().rows == 1
    assert "no subscriber" in bench.fault("publish")


def test_without_an_answer_a_report_is_sent_again_with_growing_waits(bench: Bench) -> None:
    bench.outbox.commit([Draft()])
    times = []
    for _ in range(1200):
        bench.step()
        times += [bench.clock.at_s] * len(bench.sent())
        bench.clock.at_s += 0.1
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert waits[0] <= ANSWER.first_s + 0.2
    assert all(wait <= ANSWER.most_s + 0.2 for wait in waits)
    assert waits[-1] >= ANSWER.most_s / 2


def test_a_replaced_broker_gets_everything_that_is_unacknowledged(bench: Bench) -> None:
    bench.outbox.commit([Draft(), Draft()])
    bench.step()
    assert sorted(bench.sent()) == [1, 2]
    bench.hub.cut()
    bench.step()
    assert "down" in bench.fault("broker")
    bench.hub.restore()
    bench.step()
    assert sorted(bench.sent()) == [1, 2]
    assert bench.fault("broker") == ""


def test_a_silent_centre_gets_a_window_and_a_live_report_still_passes(bench: Bench) -> None:
    bench.outbox.commit([Draft() for _ in range(WINDOW_ROWS + 40)])
    bench.clock.at_s += 61
    bench.step()
    assert bench.sent() == list(range(1, WINDOW_ROWS + 1))
    bench.step()
    assert bench.sent() == []
    bench.outbox.commit([Draft()])
    bench.step()
    assert bench.sent() == [WINDOW_ROWS + 41]
    assert bench.outbox.waiting(bench.clock.at_s) <= WINDOW_ROWS + LIVE_ROWS


def test_safety_passes_a_full_window_of_a_silent_centre(bench: Bench) -> None:
    bench.outbox.commit([Draft() for _ in range(WINDOW_ROWS + 40)])
    bench.clock.at_s += 61
    bench.step()
    bench.outbox.commit([Draft() for _ in range(LIVE_ROWS + 5)])
    bench.step()
    bench.sent()
    (fire,) = bench.outbox.commit([Draft(severity="safety")])
    bench.step()
    assert bench.sent() == [fire.report_seq]
    bench.outbox.commit([Draft(severity="safety") for _ in range(URGENT_ROWS + 5)])
    bench.step()
    assert len(bench.sent()) == URGENT_ROWS - 1
    assert bench.outbox.waiting(bench.clock.at_s) == WINDOW_ROWS + LIVE_ROWS + URGENT_ROWS


def test_safety_without_an_answer_is_sent_again_sooner(bench: Bench) -> None:
    fire, other = bench.outbox.commit([Draft(severity="safety"), Draft()])
    bench.step()
    assert sorted(bench.sent()) == [fire.report_seq, other.report_seq]
    bench.clock.at_s += 2.0
    bench.step()
    assert bench.sent() == [fire.report_seq]


def test_when_the_centre_is_back_what_it_missed_goes_at_once(bench: Bench) -> None:
    committed = bench.outbox.commit([Draft() for _ in range(3)])
    bench.step()
    for _ in range(8):
        bench.clock.at_s += 20
        bench.step()
    bench.sent()
    bench.answer(acknowledgement(committed[0]))
    assert sorted(bench.sent()) == [2, 3]


def test_a_report_larger_than_the_broker_takes_is_a_fault_and_does_not_hold_up_the_next(bench: Bench) -> None:
    bench.hub.payload_bytes_max = 10
    bench.outbox.commit([Draft()])
    bench.step()
    assert "more than the broker takes" in bench.fault("publish")
    bench.hub.payload_bytes_max = 200_000
    bench.outbox.commit([Draft()])
    bench.step()
    assert bench.sent() == [2]
    assert bench.outbox.depth().rows == 2


def test_availability_is_retained_signed_and_carries_the_session(bench: Bench) -> None:
    bench.publisher.handle(Connected(session_present=True))
    bench.publisher.step(0)
    message = next(message for message in bench.hub.published if message.topic.endswith("availability"))
    value = codec.parse(message.payload, 10_000)
    BOX_KEY.public.verify(value)
    assert (message.retain, value["state"], value["session"]) == (True, "online", 1)


def test_the_brokers_thread_is_never_held_up_by_a_slow_publisher(bench: Bench) -> None:
    for _ in range(10_000):
        bench.publisher.handle(Disconnected("flapping"))
    bench.publisher.step(0)
