"""What a box does about the run before, when that run did not end by itself; and about a disk that takes no more."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import contract.verification as verify
from contract.codec import decode, parse
from contract.incident_report import IncidentReport
from contract.signing import SigningKey
from edge.analysis import Parts, build_pipeline, origin_of
from edge.box_folder import BoxError, alone
from edge.capture.video_file import ReplayCamera
from edge.clock import ClockQuality, Moment, SystemClock
from edge.committer import Committer
from edge.delivery.faults import Faults
from edge.delivery.outbox import Outbox
from edge.delivery.recovery import recover
from edge.delivery.report import Writer
from edge.detection.scripted import ScriptedDetector
from edge.evidence.disk import DiskStore
from edge.pipeline import Pipeline
from edge.rules.rules_file import load_rules
from edge.verification.look import Look
from tests.edge.scripted_scene import Scene, items, manifests, write_scene

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
RESTART = Moment(datetime(2026, 3, 1, 9, tzinfo=UTC), 5_000, "boot-2", ClockQuality("synced"))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return write_scene(tmp_path_factory.mktemp("scene"))


class Bench:
    """A box without its network: what its cameras share, over a folder that a later bench may open again."""

    def __init__(self, folder: Path, key: SigningKey, *, free_bytes_min: int = 0) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "box.pub").write_bytes(key.public.pem())
        clock = SystemClock()
        store = DiskStore(folder, free_bytes_min=free_bytes_min)
        self.parts = Parts(clock, key, Outbox(folder / "outbox.sqlite3", clock), store, Faults())
        self.origin = origin_of("box-1", "default", "default")
        self.writer = Writer(self.origin, key)

    def pipeline(
        self, scene: Scene, camera: ReplayCamera, *, apart: bool = False, look: Look | None = None
    ) -> Pipeline:
        detector = ScriptedDetector(scene.script)
        rules = load_rules(scene.rules, detector.class_names, detector.name, ("hall_1",))
        return build_pipeline(
            self.parts,
            self.origin,
            camera=camera,
            detector=detector,
            rules=rules,
            location={"address": "Hall 1"},
            apart=apart,
            look=look,
        )

    def watch(self, scene: Scene, until_s: float) -> None:
        """Runs the clip up to a moment, then is gone without a word."""
        with ReplayCamera("hall_1", scene.clip, START) as camera:
            pipeline = self.pipeline(scene, camera)
            for frame in camera.frames():
                if frame.stream_s > until_s:
                    break
                pipeline.step(frame)
        self.parts.outbox.close()

    def recover(self) -> tuple[int, int]:
        recovery = recover(self.parts.outbox, self.parts.store, self.writer, RESTART)
        Committer(self.parts.outbox, self.parts.store, self.writer, self.parts.faults).commit(recovery.closed)
        return recovery.manifests_written, recovery.files_removed

    def reports(self) -> list[IncidentReport]:
        queued = sorted(self.parts.outbox.due(1e9, 100), key=lambda report: report.report_seq)
        return [decode(parse(report.payload, 1 << 20), IncidentReport) for report in queued]


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.generate()


def test_an_incident_that_was_open_when_the_box_died_is_closed_as_interrupted(
    scene: Scene, tmp_path: Path, key: SigningKey
) -> None:
    Bench(tmp_path, key).watch(scene, until_s=10.0)
    again = Bench(tmp_path, key)
    again.recover()
    opened, closed = again.reports()
    assert (opened.phase, closed.phase, closed.revision) == ("open", "close", 1)
    assert closed.time.close_reason == "interrupted"
    assert closed.time.closed == RESTART.wall
    assert (closed.time.boot_id, closed.time.monotonic_ms) == ("boot-2", 5_000)
    assert closed.time.last_seen == opened.time.last_seen
    assert closed.subjects == opened.subjects
    assert closed.rule == opened.rule
    assert closed.place.address == "Hall 1"
    assert closed.evidence.thumbnail == opened.evidence.thumbnail
    assert manifests(tmp_path)[1].items == ()
    assert again.parts.outbox.open_incidents() == ()
    assert verify.main([str(tmp_path)]) == 0


def test_an_incident_that_had_its_clip_goes_on_counting_its_revisions(
    scene: Scene, tmp_path: Path, key: SigningKey
) -> None:
    Bench(tmp_path, key).watch(scene, until_s=14.0)
    again = Bench(tmp_path, key)
    again.recover()
    assert [(report.phase, report.revision) for report in again.reports()] == [("open", 0), ("update", 1), ("close", 2)]


def test_closing_twice_is_closing_once(scene: Scene, tmp_path: Path, key: SigningKey) -> None:
    Bench(tmp_path, key).watch(scene, until_s=10.0)
    first = Bench(tmp_path, key)
    first.recover()
    first.parts.outbox.close()
    second = Bench(tmp_path, key)
    assert second.recover() == (0, 0)
    assert len(second.reports()) == 2


def test_files_that_were_sealed_but_never_committed_go_and_manifests_come_back(
    scene: Scene, tmp_path: Path, key: SigningKey
) -> None:
    Bench(tmp_path, key).watch(scene, until_s=10.0)
    (folder,) = (tmp_path / "incidents").iterdir()
    (folder / "0.manifest.json").unlink()
    (folder / f"{'0' * 64}.png").write_bytes(b"sealed, then the power went")
    orphan = tmp_path / "incidents" / "0195f000-0000-7000-8000-000000000001"
    orphan.mkdir()
    (orphan / f"{'1' * 64}.mp4").write_bytes(b"an incident that was never committed")
    again = Bench(tmp_path, key)
    assert again.recover() == (1, 2)
    assert not orphan.exists()
    assert verify.main([str(tmp_path)]) == 0


def test_with_a_full_disk_the_incident_is_recorded_without_files_and_the_fault_is_shown(
    scene: Scene, tmp_path: Path, key: SigningKey
) -> None:
    bench = Bench(tmp_path, key, free_bytes_min=2**62)
    with ReplayCamera("hall_1", scene.clip, START) as camera:
        pipeline = bench.pipeline(scene, camera)
        for frame in camera.frames():
            pipeline.step(frame)
        pipeline.finish("ended")
    opened, closed = bench.reports()
    assert (opened.phase, closed.phase) == ("open", "close")
    assert [manifest.items for manifest in manifests(tmp_path)] == [(), ()]
    assert opened.evidence.thumbnail, "the small picture travels in the report itself"
    (fault,) = bench.parts.faults.current()
    assert "no space left" in fault
    assert "free some" in fault


def test_when_the_disk_has_room_again_the_fault_is_over(scene: Scene, tmp_path: Path, key: SigningKey) -> None:
    bench = Bench(tmp_path, key)
    bench.parts.faults.rise("evidence", "no space left")
    bench.watch(scene, until_s=10.0)
    assert bench.parts.faults.current() == ()
    assert len(items(tmp_path, "key_frame")) == 1


def test_what_the_outbox_refuses_waits_and_is_committed_when_it_takes_again(
    scene: Scene, tmp_path: Path, key: SigningKey
) -> None:
    bench = Bench(tmp_path, key)
    bench.parts.outbox._rows_max = 0
    with ReplayCamera("hall_1", scene.clip, START) as camera:
        pipeline = bench.pipeline(scene, camera)
        for frame in camera.frames():
            if frame.stream_s > 14.0:
                bench.parts.outbox._rows_max = 100
            step = pipeline.step(frame)
            if step.revisions:
                break
            assert frame.stream_s <= 14.0
            assert bool(bench.parts.faults.current()) == (step.incidents_open > 0)
    assert [(report.phase, report.report_seq) for report in bench.reports()] == [("open", 1), ("update", 2)]
    assert bench.parts.faults.current() == ()


def test_what_waits_when_the_stream_ends_is_counted_until_the_outbox_takes_it(
    scene: Scene, tmp_path: Path, key: SigningKey
) -> None:
    bench = Bench(tmp_path, key)
    bench.parts.outbox._rows_max = 0
    with ReplayCamera("hall_1", scene.clip, START) as camera:
        pipeline = bench.pipeline(scene, camera)
        for frame in camera.frames():
            pipeline.step(frame)
        assert pipeline.finish("ended") == ()
    assert (pipeline.settle(), bench.reports()) == (3, [])
    bench.parts.outbox._rows_max = 100
    assert pipeline.settle() == 0
    assert [report.phase for report in bench.reports()] == ["open", "update", "close"]


def test_while_too_much_waits_frames_pass_unseen_and_memory_stays(
    scene: Scene, tmp_path: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.committer.UNCOMMITTED_MAX", 1)
    bench = Bench(tmp_path, key)
    bench.parts.outbox._rows_max = 0
    with ReplayCamera("hall_1", scene.clip, START) as camera:
        pipeline = bench.pipeline(scene, camera)
        steps = [pipeline.step(frame) for frame in camera.frames()]
        assert steps[-1].tracks == 0
        assert len(items_on_disk(tmp_path)) == 3, "the clip was not looked for any more"
        bench.parts.outbox._rows_max = 100
        pipeline.finish("ended")
    assert [report.phase for report in bench.reports()] == ["open", "update", "close"]


def items_on_disk(folder: Path) -> list[Path]:
    return [path for path in folder.glob("incidents/*/*") if not path.name.endswith(".manifest.json")]


def test_one_process_runs_a_box(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(BoxError, match="runs already"), alone(tmp_path):
        pass


def test_the_chain_head_is_signed_and_is_the_newest_link(scene: Scene, tmp_path: Path, key: SigningKey) -> None:
    Bench(tmp_path, key).watch(scene, until_s=14.0)
    head = json.loads((tmp_path / "chain_head.json").read_bytes())
    key.public.verify(head)
    assert head["seq"] == 2


def test_rules_that_change_close_what_they_opened_and_the_rest_goes_on(
    scene: Scene, tmp_path: Path, key: SigningKey
) -> None:
    """The rule `stays` is the same word for word before and after; `at-table` is another one."""
    stays = "  - {id: stays, type: site.loitering, kind: zone_presence, zone: table, classes: [person], dwell_s: 2.0}\n"
    before, after = tmp_path / "before.yaml", tmp_path / "after.yaml"
    before.write_text(scene.rules.read_text() + stays)
    after.write_text(before.read_text().replace("dwell_s: 1.0", "dwell_s: 0.5"))
    bench = Bench(tmp_path / "box", key)
    with ReplayCamera("hall_1", scene.clip, START) as camera:
        pipeline = bench.pipeline(Scene(scene.clip, scene.script, before), camera)
        changed = load_rules(after, ("person",), "scripted", ("hall_1",))
        for frame in camera.frames():
            if frame.index == 100:  # 10 s: both are open since 9 s at the latest
                pipeline.take_rules(changed)
            pipeline.step(frame)
            if frame.stream_s > 12.0:
                break
    closed = [report for report in bench.reports() if report.phase == "close"]
    assert [(report.rule.id, report.time.close_reason) for report in closed] == [("at-table", "rule_changed")]
    opened = [report for report in bench.reports() if report.phase == "open"]
    assert [report.rule.id for report in opened] == ["at-table", "stays", "at-table"]
    assert opened[0].rule.version != opened[2].rule.version
    assert opened[2].versions.rule_pack == changed.version
