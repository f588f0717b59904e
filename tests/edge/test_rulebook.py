"""Commands of the centre: what is carried out, what is refused and why, and that a refusal changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract import codec
from contract.command import Command, CommandResult
from contract.signing import SigningKey
from edge.clock import Clock, ClockQuality, ClockState, Moment
from edge.delivery.broker import Received
from edge.delivery.command_desk import CommandDesk
from edge.delivery.faults import Faults
from edge.delivery.identity import Identity
from edge.delivery.memory_broker import MemoryBroker
from edge.delivery.outbox import Outbox
from edge.evidence.stills import Glance
from edge.incidents.trial import Trial
from edge.rulebook import Rulebook, RuledCamera
from edge.rules.rule_set import RuleSet
from edge.rules.rules_file import load_rules

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
CENTRE, BOX = SigningKey.generate(), SigningKey.generate()
RULES = """\
version: 1
zones:
  table: {cameras: [hall_1], polygon: [[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]]}
rules:
  - {id: at-table, type: site.intrusion, kind: zone_presence, zone: table, classes: [person], dwell_s: 1.0}
"""
LONGER = RULES.replace("dwell_s: 1.0", "dwell_s: 4.0")


class SetClock(Clock):
    state: ClockState = "synced"

    def now(self) -> Moment:
        return Moment(NOW, 1_000, "boot", ClockQuality(self.state))

    def monotonic_s(self) -> float:
        return 1.0


@dataclass
class Camera:
    taken: list[RuleSet] = field(default_factory=list)

    def take_rules(self, rules: RuleSet, /) -> None:
        self.taken.append(rules)

    def glance(self) -> Glance | None:
        return None

    def try_rules(self, rules: RuleSet, samples_max: int, /) -> Trial:
        return Trial({rule.rule_id: 0 for rule in rules.rules}, 0, 0.0)


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.faults = folder, SetClock(), Faults()
        self.path = folder / "rules.yaml"
        self.path.write_text(RULES, encoding="utf-8")
        self.hub = MemoryBroker.Hub()
        self.outbox = Outbox(folder / "outbox.sqlite3", self.clock, free_bytes_min=0)
        self.start()

    def start(self) -> None:
        """A box that has just been started on this folder."""
        self.camera = Camera()
        rules = load_rules(self.path, ("person", "car"), "scripted", ("hall_1",))
        self.book = Rulebook(self.path, [RuledCamera("hall_1", self.camera, rules, ("person", "car"), "scripted", {})])
        broker = MemoryBroker(self.hub, [])
        identity = Identity("box-1", 1, BOX, CENTRE.public)
        handlers = {"rules": self.book.change}
        self.desk = CommandDesk(identity, self.outbox, broker, self.clock, faults=self.faults, handlers=handlers)

    def send(self, command: Command, key: SigningKey = CENTRE) -> CommandResult | None:
        """The box's answer to it, if it gave one."""
        before = len(self.hub.published)
        self.desk.handle(Received(f"xunjian/v1/box-1/command/{command.name}", key.sign(command)))
        self.desk.step(0)
        answers = self.hub.published[before:]
        if not answers:
            return None
        assert answers[-1].topic == f"xunjian/v1/box-1/result/{command.command_id}"
        value = codec.parse(answers[-1].payload, 1 << 17)
        BOX.public.verify(value)
        return codec.decode(value, CommandResult)


def rules_command(text: str = LONGER, **fields: Any) -> Command:
    said: dict[str, Any] = {
        "box_id": "box-1",
        "name": "rules",
        "command_id": "c-1",
        "version": 1,
        "issued": NOW,
        "expires": NOW + timedelta(hours=1),
        "body": {"text": text},
    }
    return Command.model_validate(said | fields)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    with bench.outbox:
        yield bench


def test_good_rules_are_applied_kept_and_shown(bench: Bench) -> None:
    before = bench.book.state()
    answer = bench.send(rules_command())
    assert answer is not None
    assert answer.result == "applied"
    after = bench.book.state()
    assert after["version"] == answer.data["version"] != before["version"]
    assert after["rules"].keys() == {"at-table"}
    assert after["document"]["rules"][0]["dwell_s"] == 4.0
    assert [rules.version for rules in bench.camera.taken] == [after["version"]]
    assert bench.path.read_text() == LONGER
    assert (bench.folder / "rules.previous.yaml").read_text() == RULES


def test_rules_sent_as_an_object_are_the_same_rules(bench: Bench) -> None:
    document = bench.book.state()["document"]
    document["rules"][0]["dwell_s"] = 4.0
    answer = bench.send(rules_command(body={"rules": document, "base": bench.book.state()["version"]}))
    assert answer is not None
    assert answer.result == "applied"
    assert bench.book.state()["version"] == load_version(bench, LONGER)
    assert yaml.safe_load(bench.path.read_text()) == yaml.safe_load(LONGER)


def load_version(bench: Bench, text: str) -> str:
    path = bench.folder / "other.yaml"
    path.write_text(text, encoding="utf-8")
    return load_rules(path, ("person", "car"), "scripted", ("hall_1",)).version


REFUSED = {
    "a zone outside the picture": (rules_command(RULES.replace("[1.0, 0.5]", "[1.5, 0.5]")), "outside the picture"),
    "a class that the model has not got": (rules_command(RULES.replace("[person]", "[tram]")), "scripted"),
    "rules for cameras of another box": (rules_command(RULES.replace("hall_1", "yard_9")), "hall_1"),
    "no YAML": (rules_command("{"), "not YAML"),
    "a body without rules": (rules_command(body={}), "the body of `rules`"),
    "rules made from others than those in force": (
        rules_command(body={"text": LONGER, "base": "000000000000"}),
        "changed meanwhile",
    ),
    "expired": (rules_command(expires=NOW - timedelta(seconds=1)), "expired"),
    "a name that is not known yet": (rules_command(name="feedback"), "feedback"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_carried_out_is_refused_with_the_reason_and_changes_nothing(bench: Bench, case: str) -> None:
    command, why = REFUSED[case]
    before = bench.book.state()
    answer = bench.send(command)
    assert answer is not None
    assert answer.result == "refused"
    assert answer.reason is not None
    assert why in answer.reason
    assert unchanged(bench, before)


@pytest.mark.parametrize(
    ("command", "key"),
    [(rules_command(), SigningKey.generate()), (rules_command(box_id="box-2"), CENTRE)],
    ids=["another key", "another box"],
)
def test_a_command_that_is_not_the_centre_s_to_this_box_is_a_fault_without_an_answer(
    bench: Bench, command: Command, key: SigningKey
) -> None:
    before = bench.book.state()
    assert bench.send(command, key) is None
    assert any(fault.startswith("command: ") for fault in bench.faults.current())
    assert unchanged(bench, before)


def unchanged(bench: Bench, before: dict[str, Any]) -> bool:
    return bench.book.state() == before and not bench.camera.taken and bench.path.read_text() == RULES


def test_versions_never_go_back_even_after_a_restart(bench: Bench) -> None:
    assert bench.send(rules_command(version=5)) is not None
    bench.start()
    answer = bench.send(rules_command(RULES, version=4, command_id="c-0"))
    assert answer is not None
    assert (answer.result, bench.path.read_text()) == ("refused", LONGER)
    assert "not newer than 5" in str(answer.reason)


def test_a_command_that_comes_twice_is_carried_out_once_and_answered_twice(bench: Bench) -> None:
    first = bench.send(rules_command())
    second = bench.send(rules_command())
    assert first == second
    assert len(bench.camera.taken) == 1


def test_a_box_that_does_not_know_the_time_does_not_judge_by_it(bench: Bench) -> None:
    bench.clock.state = "unsynced"
    answer = bench.send(rules_command(expires=NOW - timedelta(days=400)))
    assert answer is not None
    assert answer.result == "applied"


def test_a_disk_that_takes_no_file_refuses_and_the_old_rules_stay(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = bench.book.state()
    monkeypatch.setattr("edge.rulebook.write_durably", full)
    answer = bench.send(rules_command())
    assert answer is not None
    assert "No space left" in str(answer.reason)
    assert unchanged(bench, before)


def test_schedules_survive_the_way_through_the_centre(bench: Bench) -> None:
    text = RULES.replace("dwell_s: 1.0}", 'dwell_s: 1.0, schedule: {weekly: {mon-fri: ["08:00-18:00"]}}}')
    answer = bench.send(rules_command(text))
    assert answer is not None
    if answer.result == "refused":
        pytest.fail(str(answer.reason))
    version = bench.book.state()["version"]
    again = bench.send(rules_command(version=2, command_id="c-2", body={"rules": bench.book.state()["document"]}))
    assert again is not None
    assert again.data == {"version": version}
