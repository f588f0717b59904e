"""A pause in the middle of a clip: what is open closes as `disabled`, nothing is looked at, and then it goes on."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

import contract.verification as verify
from contract.signing import SigningKey
from edge.analysis import build_pipeline
from edge.capture.video_file import ReplayCamera
from edge.detection.scripted import ScriptedDetector
from edge.rules.pause import NOTHING_PAUSED, Paused
from edge.rules.rules_file import load_rules
from tests.edge.scripted_scene import Scene, write_scene
from tests.edge.test_interruption import Bench

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return write_scene(tmp_path_factory.mktemp("scene"), ((2.0, 14.0),), 16.0)


@pytest.mark.parametrize("paused", [Paused(camera=True), Paused(rules=frozenset({"at-table"}))])
def test_what_is_open_closes_as_disabled_and_afterwards_the_box_looks_again(
    scene: Scene, tmp_path: Path, paused: Paused
) -> None:
    bench = Bench(tmp_path / "box", SigningKey.generate())
    in_force, tracks = NOTHING_PAUSED, []
    with ReplayCamera("hall_1", scene.clip, START) as camera:
        detector = ScriptedDetector(scene.script)
        rules = load_rules(scene.rules, detector.class_names, detector.name, ("hall_1",))
        pipeline = build_pipeline(
            bench.parts,
            bench.origin,
            camera=camera,
            detector=detector,
            rules=rules,
            location={},
            paused=lambda: in_force,
        )
        for frame in camera.frames():
            in_force = paused if 5.0 <= frame.stream_s < 9.0 else NOTHING_PAUSED
            step = pipeline.step(frame)
            if in_force.camera:
                assert pipeline.glance() is None
            tracks.append((frame.stream_s, step.tracks))
        pipeline.finish("ended")
    reports = bench.reports()
    closed = [report for report in reports if report.phase == "close"]
    assert [report.time.close_reason for report in closed] == ["disabled", "ended"]
    moments = [(report.time.closed - START).total_seconds() for report in closed if report.time.closed]
    assert moments[0] == pytest.approx(5.0, abs=0.11)
    second = next(report for report in reports if report.incident_id == closed[1].incident_id)
    assert (second.time.opened - START).total_seconds() >= 10.0  # the dwell begins again after the pause
    assert all(count == 0 for stream_s, count in tracks if 5.0 <= stream_s < 9.0) is paused.camera
    assert verify.main([str(tmp_path / "box")]) == 0
