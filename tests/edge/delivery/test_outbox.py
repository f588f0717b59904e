"""The outbox keeps what was committed until the centre says, for exactly those bytes, that it has them."""

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.acknowledgement import Acknowledgement, FileReceipt
from edge.delivery.errors import OutboxError, OutboxFullError
from edge.delivery.outbox import LIVE_S, Outbox
from tests.edge.delivery.drafts import Draft, SteppedClock, acknowledgement, next_draft, receipt, sealed_file


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def outbox(tmp_path: Path, clock: SteppedClock) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox.sqlite3", clock) as outbox:
        yield outbox


def numbers(outbox: Outbox, clock: SteppedClock, limit: int = 100) -> list[int]:
    return [report.report_seq for report in outbox.due(clock.at_s, limit)]


def test_revisions_are_numbered_without_holes_and_chained(outbox: Outbox) -> None:
    first, second = outbox.commit([Draft(), Draft()])
    (third,) = outbox.commit([Draft()])
    assert [first.report_seq, second.report_seq, third.report_seq] == [1, 2, 3]
    assert f'"previous_sha256":"{second.manifest_sha256}"'.encode() in third.manifest
    assert b"previous_sha256" not in first.manifest
    assert outbox.chain_head().sha256 == third.manifest_sha256


def test_a_draft_that_cannot_be_sealed_leaves_no_hole_and_none_of_its_group(outbox: Outbox) -> None:
    class BrokenDraft(Draft):
        def seal(self, position: object) -> object:  # type: ignore[override]
            raise ValueError("no pixels")

    with pytest.raises(ValueError, match="no pixels"):
        outbox.commit([Draft(), BrokenDraft()])
    (committed,) = outbox.commit([Draft()])
    assert committed.report_seq == 1


def test_the_same_revision_twice_is_one_row_with_its_first_number(outbox: Outbox) -> None:
    draft = Draft()
    (first,) = outbox.commit([draft])
    outbox.commit([Draft()])
    (again,) = outbox.commit([draft])
    assert (again.report_seq, again.payload) == (first.report_seq, first.payload)
    assert outbox.depth().report_seq_high == 2


def test_everything_committed_is_there_after_a_restart(outbox: Outbox, clock: SteppedClock, tmp_path: Path) -> None:
    committed = outbox.commit([Draft(), Draft()])
    with Outbox(tmp_path / "outbox.sqlite3", clock) as reopened:
        assert [report.payload for report in reopened.due(clock.at_s, 9)] == [one.payload for one in committed]
        assert reopened.commit([Draft()])[0].report_seq == 3


def test_only_an_acknowledgement_of_our_exact_bytes_frees_a_row(outbox: Outbox) -> None:
    (revision,) = outbox.commit([Draft()])
    for wrong in ({"sha256": "0" * 64}, {"report_seq": 2}, {"revision": 1}, {"incident_id": Draft().incident_id}):
        assert outbox.acknowledge(acknowledgement(revision, **wrong)) == 0
    assert outbox.depth().rows == 1
    assert outbox.acknowledge(acknowledgement(revision)) == 1
    assert outbox.depth().rows == 0
    assert [incident.state for incident in outbox.incidents()] == ["acknowledged"]


def test_a_duplicate_frees_a_row_as_well_and_once(outbox: Outbox) -> None:
    (revision,) = outbox.commit([Draft()])
    assert outbox.acknowledge(acknowledgement(revision, result="duplicate")) == 1
    assert outbox.acknowledge(acknowledgement(revision, result="duplicate")) == 0


def test_high_water_deletes_nothing(outbox: Outbox) -> None:
    outbox.commit([Draft(), Draft()])
    outbox.acknowledge(Acknowledgement(box_id="box-1", high_water=2))
    assert outbox.depth().rows == 2


def test_what_the_centre_rejects_is_set_aside_with_its_reason_and_kept(outbox: Outbox, clock: SteppedClock) -> None:
    (revision,) = outbox.commit([Draft()])
    outbox.acknowledge(acknowledgement(revision, result="rejected", reason="schema"))
    assert numbers(outbox, clock) == []
    assert (outbox.depth().rows, outbox.depth().set_aside) == (0, 1)
    assert outbox.incidents()[0].state == "set_aside"
    assert outbox.resend() == 1
    assert numbers(outbox, clock) == [1]


def test_a_new_software_version_takes_up_what_was_set_aside_and_the_same_one_does_not(outbox: Outbox) -> None:
    assert outbox.start_session("0.1.0") == 1
    (revision,) = outbox.commit([Draft()])
    outbox.acknowledge(acknowledgement(revision, result="rejected"))
    assert outbox.start_session("0.1.0") == 2
    assert outbox.depth().set_aside == 1
    assert outbox.start_session("0.2.0") == 3
    assert outbox.depth().set_aside == 0


def test_live_reports_go_newest_first_before_the_backlog_by_age(outbox: Outbox, clock: SteppedClock) -> None:
    outbox.commit([Draft()])
    outbox.commit([Draft()])
    clock.at_s += LIVE_S + 1
    outbox.commit([Draft()])
    outbox.commit([Draft()])
    assert numbers(outbox, clock) == [4, 3, 1, 2]
    assert numbers(outbox, clock, limit=3) == [4, 3, 1]


def test_safety_goes_before_all_others_old_or_new_and_so_do_its_files(
    outbox: Outbox, clock: SteppedClock, tmp_path: Path
) -> None:
    early = sealed_file(tmp_path, b"a room on fire")
    outbox.commit([Draft(), Draft(severity="safety", files=(early,)), Draft(files=(sealed_file(tmp_path, b"other"),))])
    clock.at_s += LIVE_S + 1
    outbox.commit([Draft(), Draft(severity="safety"), Draft()])
    assert numbers(outbox, clock) == [5, 2, 6, 4, 1, 3]
    assert [report.urgent for report in outbox.due(clock.at_s, 4)] == [True, True, False, False]
    assert numbers(outbox, clock, limit=1) == [5]
    assert [file.sha256 for file in outbox.due_files(clock.at_s, 10)] == []  # their reports are not acknowledged yet
    with Outbox(tmp_path / "outbox.sqlite3", clock) as reopened:  # a restart forgets nothing of it
        assert numbers(reopened, clock)[:2] == [2, 5]


def test_after_a_restart_everything_old_is_backlog(outbox: Outbox, clock: SteppedClock, tmp_path: Path) -> None:
    outbox.commit([Draft(), Draft()])
    with Outbox(tmp_path / "outbox.sqlite3", clock) as reopened:
        reopened.commit([Draft()])
        assert numbers(reopened, clock) == [3, 1, 2]


def test_what_was_sent_is_due_again_only_when_its_time_has_passed(outbox: Outbox, clock: SteppedClock) -> None:
    outbox.commit([Draft()])
    outbox.sent(1, clock.at_s + 5)
    assert (numbers(outbox, clock), outbox.waiting(clock.at_s)) == ([], 1)
    clock.at_s += 6
    assert [report.tries for report in outbox.due(clock.at_s, 9)] == [1]
    assert outbox.waiting(clock.at_s) == 0


def test_attempts_are_forgotten_when_the_broker_may_have_lost_them(outbox: Outbox, clock: SteppedClock) -> None:
    outbox.commit([Draft()])
    outbox.sent(1, clock.at_s + 500)
    outbox.forget_attempts()
    assert numbers(outbox, clock) == [1]


def test_files_wait_for_their_report_and_media_for_their_manifest(
    outbox: Outbox, clock: SteppedClock, tmp_path: Path
) -> None:
    picture = sealed_file(tmp_path, b"pixels")
    (revision,) = outbox.commit([Draft(files=(picture,))])
    assert outbox.due_files(clock.at_s, 9) == ()
    outbox.acknowledge(acknowledgement(revision))
    (manifest,) = outbox.due_files(clock.at_s, 9)
    assert (manifest.sha256, manifest.content, manifest.path) == (revision.manifest_sha256, revision.manifest, None)
    outbox.sent_file(manifest.sha256, clock.at_s + 5)
    (media,) = outbox.due_files(clock.at_s, 9)
    assert (media.sha256, media.path, media.size_bytes) == (picture.item.sha256, picture.path, 6)


def test_a_file_is_stored_when_the_centre_says_so_for_its_hash_and_size(
    outbox: Outbox, clock: SteppedClock, tmp_path: Path
) -> None:
    picture = sealed_file(tmp_path, b"pixels")
    (revision,) = outbox.commit([Draft(files=(picture,))])
    outbox.acknowledge(acknowledgement(revision))

    def say(sha256: str, size_bytes: int, result: str = "stored") -> int:
        receipts = (FileReceipt.model_validate({"sha256": sha256, "bytes": size_bytes, "result": result}),)
        return outbox.acknowledge(Acknowledgement(box_id="box-1", files=receipts))

    assert say(picture.item.sha256, 5) == 0
    assert say(hashlib.sha256(b"other").hexdigest(), 6) == 0
    assert outbox.depth().files_pending == 2
    assert say(picture.item.sha256, 6, "rejected") == 1
    assert outbox.depth().files_rejected == 1
    assert say(picture.item.sha256, 6) == 1
    assert say(revision.manifest_sha256, len(revision.manifest)) == 1
    assert say(picture.item.sha256, 6, "rejected") == 0
    assert (outbox.depth().files_pending, outbox.due_files(clock.at_s, 9)) == (0, ())


def test_open_incidents_are_known_with_their_last_report_even_when_it_was_acknowledged(outbox: Outbox) -> None:
    draft = Draft()
    outbox.commit([draft])
    (update,) = outbox.commit([next_draft(draft, "update")])
    outbox.acknowledge(acknowledgement(update))
    assert outbox.open_incidents() == (update.payload,)
    outbox.commit([next_draft(next_draft(draft, "update"), "close")])
    assert outbox.open_incidents() == ()


def test_every_manifest_can_be_read_again(outbox: Outbox) -> None:
    committed = [outbox.commit([Draft()])[0] for _ in range(3)]
    outbox.acknowledge(acknowledgement(*committed))
    assert [manifest for _, _, manifest in outbox.manifests()] == [one.manifest for one in committed]


def test_age_is_monotonic_within_a_boot_and_never_negative(outbox: Outbox, clock: SteppedClock) -> None:
    outbox.commit([Draft()])
    clock.at_s += 7.5
    assert outbox.depth().oldest_age_s == 7.5
    clock.boot_id, clock.at_s = "boot-2", 10.0
    assert outbox.depth().oldest_age_s == 0.0


def test_a_full_outbox_refuses_and_keeps_what_it_has(tmp_path: Path, clock: SteppedClock) -> None:
    with Outbox(tmp_path / "outbox.sqlite3", clock, rows_max=2) as outbox:
        committed = outbox.commit([Draft(), Draft()])
        with pytest.raises(OutboxFullError, match="see to the link"):
            outbox.commit([Draft()])
        outbox.acknowledge(acknowledgement(committed[0]))
        assert outbox.commit([Draft()])[0].report_seq == 3


def test_at_the_disks_floor_a_commit_is_refused_with_what_to_do(tmp_path: Path, clock: SteppedClock) -> None:
    with (
        Outbox(tmp_path / "outbox.sqlite3", clock, free_bytes_min=2**62) as outbox,
        pytest.raises(OutboxFullError, match="make room"),
    ):
        outbox.commit([Draft()])


def test_a_file_that_is_no_outbox_is_one_clear_line(tmp_path: Path, clock: SteppedClock) -> None:
    (tmp_path / "outbox.sqlite3").write_bytes(b"not a database" * 1000)
    with pytest.raises(OutboxError, match=r"outbox\.sqlite3 cannot be used"):
        Outbox(tmp_path / "outbox.sqlite3", clock)


@pytest.mark.parametrize("stored", [True, False], ids=["it was stored after all", "it was not stored"])
def test_a_commit_with_an_unknown_outcome_is_settled_by_a_fresh_handle(
    outbox: Outbox, tmp_path: Path, clock: SteppedClock, *, stored: bool
) -> None:
    draft = Draft()
    outbox.commit([Draft()])
    commit_once, calls = outbox._commit_once, []

    def fail_first(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) > 1:
            return commit_once(*arguments)  # type: ignore[arg-type]
        if stored:
            commit_once(*arguments)  # type: ignore[arg-type]
        raise sqlite3.OperationalError("disk I/O error")

    outbox._commit_once = fail_first  # type: ignore[method-assign, assignment]
    (revision,) = outbox.commit([draft])
    assert (revision.report_seq, outbox.depth().rows, len(calls)) == (2, 2, 2)


def test_an_error_that_stays_is_reported_and_the_next_commit_works(outbox: Outbox) -> None:
    commit_once = outbox._commit_once

    def fail(*_: object) -> object:
        raise sqlite3.OperationalError("disk I/O error")

    draft = Draft()
    outbox._commit_once = fail  # type: ignore[method-assign, assignment]
    with pytest.raises(OutboxError, match="1 revisions wait"):
        outbox.commit([draft])
    outbox._commit_once = commit_once  # type: ignore[method-assign]
    assert outbox.commit([draft])[0].report_seq == 1


def test_a_receipt_for_a_set_aside_row_frees_it(outbox: Outbox) -> None:
    (revision,) = outbox.commit([Draft()])
    outbox.acknowledge(acknowledgement(revision, result="rejected", reason="clock"))
    outbox.acknowledge(Acknowledgement(box_id="box-1", reports=(receipt(revision),)))
    assert outbox.incidents()[0].state == "acknowledged"
