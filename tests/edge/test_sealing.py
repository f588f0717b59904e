"""Sealing beside the camera's steps: the same revisions as in them, in the same order, and no step waits for a disk."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract import verification as verify
from contract.signing import SigningKey
from edge.capture.video_file import ReplayCamera
from edge.committer import Committer
from edge.delivery.revision import RevisionDraft
from edge.evidence.disk import DiskStore
from edge.evidence.store import FileFacts, SealedFile
from edge.sealing import FRAMES_MAX, SealingApart
from tests.edge.scripted_scene import Scene, manifests, write_scene
from tests.edge.test_interruption import Bench

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
SOON_S = 10.0


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return write_scene(tmp_path_factory.mktemp("scene"), visits=((2.0, 5.0), (7.0, 9.0), (12.0, 15.0)))


class StuckStore(DiskStore):
    """A disk that takes nothing until it is told to, and says when it was asked first."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, free_bytes_min=0)
        self.asked, self.free = threading.Event(), threading.Event()

    def seal(self, incident_id: str, facts: FileFacts, data: bytes) -> SealedFile:
        self.asked.set()
        assert self.free.wait(SOON_S)
        return super().seal(incident_id, facts, data)


def played(bench: Bench, scene: Scene, *, apart: bool) -> list[tuple[str, str, int, tuple[str, ...]]]:
    with ReplayCamera("hall_1", scene.clip, START) as camera:
        pipeline = bench.pipeline(scene, camera, apart=apart)
        told = [revision for frame in camera.frames() for revision in pipeline.step(frame).revisions]
        told += pipeline.finish("ended")
    assert [revision.report_seq for revision in told] == list(range(1, len(told) + 1)), "each was told of once"
    return [(one.phase, one.type_id, one.revision, tuple(file.item.sha256 for file in one.files)) for one in told]


def test_beside_the_steps_or_in_them_the_revisions_and_their_files_are_the_same(
    scene: Scene, tmp_path: Path, key: SigningKey
) -> None:
    inside = played(Bench(tmp_path / "inside", key), scene, apart=False)
    beside = played(Bench(tmp_path / "beside", key), scene, apart=True)
    assert [one[0] for one in inside].count("open") >= 1
    assert [one[0] for one in inside].count("close") >= 1
    # tracks files name ids that both runs count alike; manifests differ by the incident's id only
    assert beside == inside
    assert verify.main([str(tmp_path / "beside")]) == 0


def test_no_step_waits_for_the_disk_and_nothing_is_committed_before_its_files(
    scene: Scene, tmp_path: Path, key: SigningKey
) -> None:
    bench = Bench(tmp_path, key)
    store = StuckStore(tmp_path)
    object.__setattr__(bench.parts, "store", store)
    with ReplayCamera("hall_1", scene.clip, START) as camera:
        pipeline = bench.pipeline(scene, camera, apart=True)
        frames = camera.frames()
        steps = [pipeline.step(next(frames)) for _ in range(60)]  # 6 s: the first visit has opened its incident
        assert store.asked.wait(SOON_S)
        assert steps[-1].incidents_open == 1
        assert bench.reports() == []
        assert manifests(tmp_path) == []
        assert pipeline.step(next(frames)).revisions == ()
        store.free.set()
        pipeline.finish("ended")
    assert [report.phase for report in bench.reports()][:1] == ["open"]
    assert bench.reports()[-1].phase == "close"


def test_when_the_disk_is_too_slow_for_too_long_the_camera_waits(tmp_path: Path, key: SigningKey) -> None:
    bench = Bench(tmp_path, key)
    sealing = SealingApart(Committer(bench.parts.outbox, bench.parts.store, bench.writer, bench.parts.faults), "gate")
    go, done = threading.Event(), list[int]()

    def order(number: int) -> Callable[[], RevisionDraft | None]:
        def carry_out() -> None:
            assert go.wait(SOON_S)
            done.append(number)

        return carry_out

    for number in range(FRAMES_MAX):
        sealing.put([order(number)])
    assert sealing.waiting == FRAMES_MAX
    late = threading.Thread(target=sealing.put, args=([order(FRAMES_MAX)],))
    late.start()
    late.join(0.2)
    assert late.is_alive(), "a frame more than FRAMES_MAX is kept waiting"
    go.set()
    late.join(SOON_S)
    sealing.drain()
    assert done == list(range(FRAMES_MAX + 1))
    assert sealing.waiting == 0


def test_an_error_that_nobody_expected_reaches_the_cameras_thread(tmp_path: Path, key: SigningKey) -> None:
    bench = Bench(tmp_path, key)
    sealing = SealingApart(Committer(bench.parts.outbox, bench.parts.store, bench.writer, bench.parts.faults), "gate")

    def fail() -> None:
        raise ZeroDivisionError("a defect")

    sealing.put([fail])
    with pytest.raises(ZeroDivisionError, match="a defect"):
        sealing.drain()
    with pytest.raises(ZeroDivisionError, match="a defect"):
        sealing.put([])


def test_what_the_outbox_refused_is_tried_again_with_every_frame(tmp_path: Path, key: SigningKey, scene: Scene) -> None:
    bench = Bench(tmp_path, key)
    bench.parts.outbox._rows_max = 0
    with ReplayCamera("hall_1", scene.clip, START) as camera:
        pipeline = bench.pipeline(scene, camera, apart=True)
        for frame in camera.frames():
            pipeline.step(frame)
        assert pipeline.finish("ended") == ()
    waiting = pipeline.settle()
    assert waiting > 2
    assert bench.reports() == []
    bench.parts.outbox._rows_max = 100
    assert pipeline.settle() == 0
    assert len(bench.reports()) == waiting
