"""The outbox against a model of it: whatever is committed, acknowledged, refused, sent or crashed, in any order."""

import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.clock import Moment
from edge.delivery.outbox import Outbox
from edge.delivery.revision import Revision, RevisionDraft
from tests.edge.delivery.drafts import Draft, SteppedClock, acknowledgement, next_draft


class FaultyOutbox(Outbox):
    """Its next transaction may report an error although it was stored, or because it was not."""

    next_fault: str | None = None

    def _commit_once(self, drafts: Sequence[RevisionDraft], moment: Moment) -> tuple[Revision, ...]:
        fault, self.next_fault = self.next_fault, None
        if fault == "after":
            super()._commit_once(drafts, moment)
        if fault:
            raise sqlite3.OperationalError("disk I/O error")
        return super()._commit_once(drafts, moment)


class OutboxStates(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = SteppedClock()
        self.revisions: list[Revision] = []
        self.state: dict[int, str] = {}  # by report_seq: queued, gone, aside
        self.last: dict[str, Draft] = {}
        self.open()

    def open(self) -> None:
        self.outbox = FaultyOutbox(Path(self.folder.name) / "outbox.sqlite3", self.clock)

    def teardown(self) -> None:
        if hasattr(self, "outbox"):
            self.outbox.close()
            self.folder.cleanup()

    @rule(new=st.integers(0, 3), more=st.integers(0, 2), fault=st.sampled_from([None, None, "before", "after"]))
    def commit(self, new: int, more: int, fault: str | None) -> None:
        drafts = [Draft() for _ in range(new)]
        continued = [draft for draft in self.last.values() if draft.phase != "close"][:more]
        drafts += [next_draft(draft, "close" if draft.revision else "update") for draft in continued]
        self.outbox.next_fault = fault if drafts else None
        committed = self.outbox.commit(drafts)
        self.revisions += committed
        self.state |= {revision.report_seq: "queued" for revision in committed}
        self.last |= {draft.incident_id: draft for draft in drafts}

    @precondition(lambda self: self.revisions)
    @rule(data=st.data(), result=st.sampled_from(["stored", "duplicate", "rejected"]))
    def acknowledge(self, data: st.DataObject, result: str) -> None:
        revision = data.draw(st.sampled_from(self.revisions))
        self.outbox.acknowledge(acknowledgement(revision, result=result))
        if self.state[revision.report_seq] != "gone":
            self.state[revision.report_seq] = "aside" if result == "rejected" else "gone"

    @precondition(lambda self: self.revisions)
    @rule(data=st.data())
    def lie(self, data: st.DataObject) -> None:
        one, other = data.draw(st.sampled_from(self.revisions)), data.draw(st.sampled_from(self.revisions))
        if one is not other:
            self.outbox.acknowledge(acknowledgement(one, sha256=other.payload_sha256))

    @rule(wait_s=st.floats(0, 100))
    def send_everything(self, wait_s: float) -> None:
        for report in self.outbox.due(self.clock.at_s, 1000):
            self.outbox.sent(report.report_seq, self.clock.at_s + wait_s)

    @rule(by_s=st.floats(0, 200))
    def time_passes(self, by_s: float) -> None:
        self.clock.at_s += by_s

    @rule()
    def crash(self) -> None:
        self.outbox.close()
        self.open()

    @rule()
    def resend(self) -> None:
        self.outbox.resend()
        self.state = {seq: "queued" if state == "aside" else state for seq, state in self.state.items()}

    @invariant()
    def numbers_have_no_holes_and_the_chain_is_whole(self) -> None:
        if not hasattr(self, "outbox"):
            return
        assert [revision.report_seq for revision in self.revisions] == list(range(1, len(self.revisions) + 1))
        newest = self.revisions[-1].manifest_sha256 if self.revisions else None
        assert self.outbox.chain_head().sha256 == newest

    @invariant()
    def what_is_queued_is_exactly_what_the_centre_has_not_got(self) -> None:
        if not hasattr(self, "outbox"):
            return
        queued = {seq for seq, state in self.state.items() if state == "queued"}
        self.outbox.forget_attempts()
        due = {report.report_seq: report.payload for report in self.outbox.due(self.clock.at_s, 10_000)}
        assert due == {one.report_seq: one.payload for one in self.revisions if one.report_seq in queued}
        assert self.outbox.depth().set_aside == list(self.state.values()).count("aside")

    @invariant()
    def every_incident_is_known_with_its_revisions_for_ever(self) -> None:
        if not hasattr(self, "outbox"):
            return
        known = {incident.incident_id: incident.revisions for incident in self.outbox.incidents()}
        assert known == {incident_id: tuple(range(draft.revision + 1)) for incident_id, draft in self.last.items()}
        assert len(self.outbox.open_incidents()) == sum(draft.phase != "close" for draft in self.last.values())


OutboxStates.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestOutboxStates = OutboxStates.TestCase
