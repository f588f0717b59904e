"""The gate with the shipped network: a scene that stands still, then somebody comes; the incidents are the same.

A real clip whose first picture is held, with the noise of a sensor on it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.analysis import open_network
from edge.capture.video_file import ReplayCamera
from edge.detection.detector import FrameDetector
from edge.detection.gated import GatedDetector
from edge.incidents.incident import IncidentChange
from edge.incidents.register import Register
from edge.rules.judge import Judge
from edge.rules.rules_file import parse_rules
from edge.settings import DetectorSettings
from edge.tracking.tracker import Tracker
from tests.data import data

pytestmark = pytest.mark.slow
FPS = 5
SIZE_PX = 320
STILL_S, VISIT_S, AFTER_S = 14.0, 3.0, 6.0
COMES_S = 4.5  # in the clip: somebody comes to the table at 6.5 s (expectations.yaml)
RULES = """
version: 1
zones:
  table: {polygon: [[0.35, 0.50], [0.75, 0.50], [0.75, 1.00], [0.35, 1.00]]}
rules:
  - {id: visit, type: site.intrusion, kind: zone_presence, zone: table, classes: [person], dwell_s: 1.0}
  - {id: people, type: site.loitering, kind: zone_presence, zone: frame, classes: [person], dwell_s: 1.0}
"""


def pictures(clip: Path) -> Iterator[NDArray[np.uint8]]:
    """BGR at FPS: held, played, held."""
    with av.open(str(clip)) as container:
        frames = [frame for frame in container.decode(video=0) if frame.time and COMES_S <= frame.time < 9.5]
    played = [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in frames]
    step = len(played) / (FPS * (9.5 - COMES_S))
    yield from [played[0]] * round(STILL_S * FPS)
    for index in range(round((VISIT_S + 2.0) * FPS)):
        yield played[min(len(played) - 1, round(index * step))]
    yield from [played[-1]] * round(AFTER_S * FPS)


@pytest.fixture(scope="module")
def still_then_visited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gate") / "still.mp4"
    chance = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "26"})
        stream.width, stream.height, stream.pix_fmt = 768, 432, "yuv420p"
        for index, picture in enumerate(pictures(data("videos", "one-by-one-person-detection.mp4"))):
            noisy = picture + chance.normal(0, 3, picture.shape)
            frame = av.VideoFrame.from_ndarray(noisy.clip(0, 255).astype(np.uint8), format="bgr24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def incidents(clip: Path, detector: FrameDetector) -> list[tuple[str, float, float, float]]:
    """Rule, and stream seconds of first seen, opened, last seen."""
    rules = parse_rules("gate", RULES, detector.class_names, detector.name)
    judge, tracker, register = Judge(rules.for_camera("gate"), "gate"), Tracker("gate"), Register("gate")
    closed = list[IncidentChange]()
    with ReplayCamera("gate", clip, datetime(2026, 3, 2, tzinfo=UTC)) as camera:
        for frame in camera.frames():
            tracks = tracker.update(detector.detect(frame), frame.stream_s)
            closed += register.observe(judge.observe(tracks, frame.moment.wall), tracks, frame.moment)
    closed += register.finish(frame.stream_s, frame.moment, "ended")
    return sorted(
        (one.rule.rule_id, one.first_seen.stream_s, one.opened.stream_s, one.last_seen.stream_s)
        for one in (change.incident for change in closed if change.phase == "close")
    )


def test_the_incidents_are_the_same_and_most_looks_are_spared(still_then_visited: Path) -> None:
    network = open_network(DetectorSettings())
    every = incidents(still_then_visited, network.detector(SIZE_PX, 0.1))
    gate = GatedDetector(network.detector(SIZE_PX, 0.1))
    gated = incidents(still_then_visited, gate)
    assert [one[0] for one in every] == ["people", "visit"]
    assert [one[0] for one in gated] == [one[0] for one in every]
    for one, other in zip(gated, every, strict=True):
        assert one[1:] == pytest.approx(other[1:], abs=0.5)
    frames = round((STILL_S + VISIT_S + 2.0 + AFTER_S) * FPS)
    assert gate.spared + gate.wholes + gate.parts == frames
    assert gate.spared > 0.4 * frames
