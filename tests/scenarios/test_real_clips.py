"""Real clips and the incidents that were expected from looking at them (`expectations.yaml`), before they were run.

The parts of the box in one process, the shipped detector, no evidence and no broker: clip -> detections -> tracks ->
violations -> incidents.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from edge.capture.video_file import ReplayCamera
from edge.detection.network import NetworkDetector
from edge.incidents.incident import Incident
from edge.incidents.register import Register
from edge.rules.judge import Judge
from edge.rules.rules_file import parse_rules
from edge.tracking.tracker import Tracker
from models.detector.detector import Detector
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.registry import find_package
from tests.data import data

pytestmark = pytest.mark.slow

EXPECTATIONS = Path(__file__).with_name("expectations.yaml")
BY_EYE_S = 1.5  # expectations come from one picture per second; a tracker needs a moment to be sure
TABLE = """
version: 1
zones:
  table: {polygon: [[0.35, 0.50], [0.75, 0.50], [0.75, 1.00], [0.35, 1.00]]}
rules:
  - {id: visit, type: site.intrusion, kind: zone_presence, zone: table, classes: [person], dwell_s: 1.0}
"""
ROAD = """
version: 1
rules:
  - {id: passing, type: site.intrusion, kind: zone_presence, zone: frame, classes: [car, truck, bus], dwell_s: 0.5}
  - {id: parked, type: traffic.illegal_parking, kind: stationary, zone: frame, classes: [car, truck, bus], dwell_s: 2.0}
"""


def incidents(clip: str, rules: str, *, every: int = 1, size_px: int | None = None) -> dict[str, list[Incident]]:
    """By rule, in order of opening. every: analyses each so manieth frame. size_px: of the large look; people
    who fill half the picture need the small one only, which takes a tenth of the time.
    """
    package = find_package()
    engine = OnnxRuntimeEngine(package.read_weights())
    trained_px = package.card.input.trained_px
    near = None if size_px == trained_px else Detector(package, engine, size_px=trained_px, score_min=0.1)
    detector = NetworkDetector(Detector(package, engine, size_px=size_px, score_min=0.1), near)
    rule_set = parse_rules(clip, rules, detector.class_names, detector.name)
    found: dict[str, list[Incident]] = {rule.rule_id: [] for rule in rule_set.rules}
    for incident in closed(clip, detector, Judge(rule_set.for_camera("clip"), "clip"), every):
        found[incident.rule.rule_id].append(incident)
    return {rule_id: sorted(of_rule, key=lambda one: one.opened.stream_s) for rule_id, of_rule in found.items()}


def closed(clip: str, detector: NetworkDetector, judge: Judge, every: int) -> Iterator[Incident]:
    tracker, register = Tracker("clip"), Register("clip")
    with ReplayCamera("clip", data("videos", clip), datetime(2026, 3, 2, tzinfo=UTC)) as camera:
        for frame in camera.frames():
            if frame.index % every:
                continue
            tracks = tracker.update(detector.detect(frame), frame.stream_s)
            for change in register.observe(judge.observe(tracks, frame.moment.wall), tracks, frame.moment):
                if change.phase == "close":
                    yield change.incident
    yield from (change.incident for change in register.finish(frame.stream_s, frame.moment, "ended"))


def expected(clip: str) -> list[dict[str, float]]:
    entries = yaml.safe_load(EXPECTATIONS.read_text(encoding="utf-8"))[clip]
    return [{"in": float(entry["in"]), "out": float(entry["out"])} for entry in entries]


def test_every_visit_to_the_table_is_one_incident() -> None:
    clip = "one-by-one-person-detection.mp4"
    visits = incidents(clip, TABLE, every=2, size_px=320)["visit"]
    by_eye = expected(clip)
    assert [one.first_seen.stream_s for one in visits] == pytest.approx([visit["in"] for visit in by_eye], abs=BY_EYE_S)
    assert [one.last_seen.stream_s for one in visits] == pytest.approx([visit["out"] for visit in by_eye], abs=BY_EYE_S)
    assert all(one.subjects_total == 1 for one in visits)


def test_every_car_is_one_incident_and_none_of_them_is_parked() -> None:
    clip = "car-detection.mp4"
    found = incidents(clip, ROAD)
    by_eye = expected(clip)
    assert len(found["passing"]) == len(by_eye)
    for one, car in zip(found["passing"], by_eye, strict=True):
        assert car["in"] - BY_EYE_S <= one.first_seen.stream_s <= one.last_seen.stream_s <= car["out"] + BY_EYE_S
    assert found["parked"] == []
