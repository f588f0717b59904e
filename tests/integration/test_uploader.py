"""Files reach the centre whole, whatever the line does, and only the centre's signed word makes them stored."""

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from contract.acknowledgement import Acknowledgement, FileReceipt
from edge.delivery.faults import Faults
from edge.delivery.outbox import Outbox
from edge.delivery.revision import Revision, SealedFile
from edge.delivery.uploader import PIECE_BYTES, Uploader, make_client
from tests.edge.delivery.drafts import Draft, SteppedClock, acknowledgement, sealed_file
from tests.tus_server import MediaStore, media_store

CLIP = random.Random(7).randbytes(2 * PIECE_BYTES + 12_345)


@dataclass
class Bench:
    """A box with one acknowledged revision that has a picture and a clip, and a centre's media store."""

    store: MediaStore
    outbox: Outbox
    clock: SteppedClock
    faults: Faults
    revision: Revision
    files: tuple[SealedFile, ...]
    client: httpx.Client

    def __post_init__(self) -> None:
        self.uploader = self.make_uploader()

    def make_uploader(self) -> Uploader:
        return Uploader(self.store.url, "box-1", self.outbox, self.clock, faults=self.faults, client=self.client)

    def step(self, count: int = 1, every_s: float = 0.0) -> None:
        for _ in range(count):
            self.uploader.step(threading.Event(), lambda: None)
            self.clock.at_s += every_s

    def until_held(self, count: int) -> None:
        for _ in range(500):
            if len(self.store.held) == count:
                return
            self.step(every_s=1.0)
        raise AssertionError(f"{len(self.store.held)} of {count} held: {self.faults.current()}")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    clock = SteppedClock()
    files = (sealed_file(tmp_path, b"pixels"), sealed_file(tmp_path, CLIP, "video/mp4", "clip"))
    with media_store() as store, Outbox(tmp_path / "outbox.sqlite3", clock) as outbox, make_client() as client:
        (revision,) = outbox.commit([Draft(files=files)])
        outbox.acknowledge(acknowledgement(revision))
        yield Bench(store, outbox, clock, Faults(), revision, files, client)


def test_the_manifest_goes_first_then_its_files_and_none_counts_before_the_signed_word(bench: Bench) -> None:
    bench.step()
    assert list(bench.store.held) == [bench.revision.manifest_sha256]
    bench.step()
    assert bench.store.held[bench.files[1].item.sha256] == CLIP
    assert bench.outbox.depth().files_pending == 3, "no HTTP status stores a file"
    receipts = tuple(
        FileReceipt(sha256=sha256, bytes=len(data), result="stored") for sha256, data in bench.store.held.items()
    )
    bench.outbox.acknowledge(Acknowledgement(box_id="box-1", files=receipts))
    assert bench.outbox.depth().files_pending == 0


def test_a_line_that_is_cut_at_random_is_resumed_where_it_stopped(bench: Bench) -> None:
    chance = random.Random(20)
    bench.step()
    bench.store.cuts = [chance.randrange(PIECE_BYTES) for _ in range(25)]
    bench.until_held(3)
    assert bench.store.held[bench.files[1].item.sha256] == CLIP
    assert len(bench.store.lengths) == 3, "an upload is begun once and then goes on"
    assert bench.store.bytes_taken == len(bench.revision.manifest) + len(b"pixels") + len(CLIP)


def test_a_file_that_no_line_carries_does_not_hold_up_the_others(bench: Bench) -> None:
    bench.step()
    bench.store.poison = bench.files[0].item.sha256
    for _ in range(40):
        bench.step(every_s=1.0)
    assert bench.files[1].item.sha256 in bench.store.held
    assert bench.files[0].item.sha256 not in bench.store.held


def test_what_the_centre_holds_already_is_not_sent(bench: Bench) -> None:
    bench.store.held[bench.files[1].item.sha256] = CLIP
    bench.step(2)
    assert bench.store.bytes_taken == len(bench.revision.manifest) + len(b"pixels")


def test_a_lost_acknowledgement_of_a_file_is_asked_for_again_without_sending_the_file(bench: Bench) -> None:
    bench.step(3)
    taken, posts = bench.store.bytes_taken, bench.store.requests.count("POST")
    bench.step(20, every_s=5.0)
    assert bench.store.requests.count("POST") > posts
    assert bench.store.bytes_taken == taken


def test_too_early_is_tried_again_and_is_no_fault(bench: Bench) -> None:
    bench.store.allowed = {bench.revision.manifest_sha256}
    bench.step(2)
    assert (len(bench.store.held), bench.faults.current()) == (1, ())
    bench.store.allowed = None
    bench.until_held(3)


@pytest.mark.parametrize("status", [500, 503, 429, 413, 403])
def test_an_answer_that_refuses_loses_nothing_and_other_files_go_on(bench: Bench, status: int) -> None:
    bench.step()
    bench.store.answers = [status]
    bench.step()
    assert len(bench.store.held) == 2, "the file after the refused one went"
    assert bench.outbox.depth().files_pending == 3
    assert bool(bench.faults.current()) == (status in (413, 403))
    bench.until_held(3)


def test_a_centre_that_refuses_every_file_for_long_is_one_line_in_the_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="edge.delivery.faults")
    bench.store.answers = [507] * 1000
    bench.step(20, every_s=60.0)
    (line,) = caplog.messages
    assert "the centre cannot take it now (507" in line
    bench.store.answers = []
    bench.until_held(3)
    assert caplog.messages == [line, "upload: over"]


def test_a_file_that_changed_on_disk_is_a_fault_that_names_it(bench: Bench) -> None:
    path = bench.files[1].path
    path.write_bytes(CLIP[:-1] + bytes([CLIP[-1] ^ 1]))
    bench.step(2)
    assert any(path.name in fault and "has changed" in fault for fault in bench.faults.current())
    assert bench.outbox.depth().files_pending == 3


@pytest.mark.parametrize("cut", [0, 100], ids=["gone", "shorter"])
def test_a_file_that_is_gone_or_shorter_is_a_fault_and_the_rest_goes_on(bench: Bench, cut: int) -> None:
    path = bench.files[0].path
    path.write_bytes(b"pix") if cut else path.unlink()
    bench.step(2)
    assert bench.files[1].item.sha256 in bench.store.held
    assert bench.outbox.depth().files_pending == 3


def test_an_upload_that_the_centre_forgot_begins_again(bench: Bench) -> None:
    bench.step()
    bench.store.cuts = [1000, 1000]
    bench.step()
    bench.store.uploads.clear()
    bench.until_held(3)
    assert bench.store.held[bench.files[1].item.sha256] == CLIP


def test_a_centre_that_died_on_the_last_byte_is_asked_to_finish(bench: Bench) -> None:
    bench.step()
    bench.store.cuts = [len(b"pixels")]
    bench.store.stop_before_finishing = True
    bench.step()
    assert bench.files[0].item.sha256 not in bench.store.held
    bench.store.stop_before_finishing = False
    bench.until_held(3)


def test_a_restarted_box_sends_what_is_not_acknowledged(bench: Bench) -> None:
    bench.step()
    bench.store.cuts = [500_000]
    bench.step()
    bench.outbox.forget_attempts()
    bench.uploader = bench.make_uploader()
    bench.until_held(3)


def test_a_centre_that_is_away_is_waited_for(bench: Bench) -> None:
    url, bench.store.url = bench.store.url, "http://127.0.0.1:9"
    bench.uploader = bench.make_uploader()
    bench.step(12, every_s=30.0)
    assert any("cannot be reached" in fault for fault in bench.faults.current())
    bench.store.url = url
    bench.uploader = bench.make_uploader()
    bench.until_held(3)
    bench.step(2)
    assert bench.outbox.depth().files_pending == 3
