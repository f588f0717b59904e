"""What the gate spares on mostly still footage, and whether an incident is lost by it.

`.venv/bin/python -m tests.bench.bench_gate [CLIP ...]`: without clips, the two still ones of `still_clips.py`. Every
frame (ten a second at most) is looked at once, at both sizes, and both looks are kept; the box without its gate, and
with it, then judge the same detections by the same rules. Incidents agree when rule and number do and each opens
within 1.5 s.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.capture.frame import Frame
from edge.capture.video_file import ReplayCamera
from edge.detection.detector import FrameDetector
from edge.detection.gated import GatedDetector
from edge.detection.network import NetworkDetector
from edge.incidents.incident import Incident
from edge.incidents.register import Register
from edge.rules.judge import Judge
from edge.rules.rules_file import parse_rules
from edge.tracking.tracker import Tracker
from models.detector.detections import Detections
from models.detector.detector import Detector
from models.detector.raster import Raster
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.registry import find_package
from tests.bench.still_clips import STILL_CLIPS, still_clip

FPS_MAX = 10
SCORE_MIN = 0.1
OPENED_S = 1.5
ROUNDING_S = 1e-3
RULES = """
version: 1
rules:
  - {id: people, type: site.intrusion, kind: zone_presence, zone: frame, classes: [person], dwell_s: 1.0}
  - {id: passing, type: site.intrusion, kind: zone_presence, zone: frame, classes: [car, truck, bus], dwell_s: 0.5}
  - {id: parked, type: traffic.illegal_parking, kind: stationary, zone: frame, classes: [car, truck, bus], dwell_s: 2}
  - {id: flame, type: fire.flame, kind: presence, zone: frame, classes: [fire], dwell_s: 3.0}
  - {id: crowd, type: safety.overcrowding, kind: count, zone: frame, classes: [person], at_least: 3, enabled: true}
"""
Opened = list[tuple[str, float]]


class Kept(Detector):
    """A detector that looks at each picture once and remembers. of: the picture that is asked about next."""

    of = 0

    def __init__(self, detector: Detector) -> None:
        vars(self).update(vars(detector))
        self._looks: dict[int, Detections] = {}

    def detect(self, image: NDArray[np.uint8] | Raster) -> Detections:
        if self.of not in self._looks:
            self._looks[self.of] = super().detect(image)
        return self._looks[self.of]


@dataclass(slots=True)
class Looks:
    """Both sizes of one clip."""

    far: Kept
    near: Kept

    def point_at(self, frame: Frame) -> None:
        self.far.of = self.near.of = frame.index


def incidents(path: Path, looks: Looks, detector: FrameDetector) -> tuple[int, Opened]:
    """Frames, and what opened, by rule and time."""
    rules = parse_rules("gate", RULES, detector.class_names, detector.name)
    judge, tracker, register = Judge(rules.for_camera("gate"), "gate"), Tracker("gate"), Register("gate")
    found, due_s, frames = list[Incident](), 0.0, 0
    with ReplayCamera("gate", path, datetime(2026, 3, 2, tzinfo=UTC)) as camera:
        for frame in camera.frames():
            if frame.stream_s < due_s - ROUNDING_S:
                continue
            due_s, frames = due_s + 1 / FPS_MAX, frames + 1
            looks.point_at(frame)
            tracks = tracker.update(detector.detect(frame), frame.stream_s)
            changes = register.observe(judge.observe(tracks, frame.moment.wall), tracks, frame.moment)
            found += [change.incident for change in changes if change.phase == "open"]
    return frames, sorted((one.rule.rule_id, one.opened.stream_s) for one in found)


def agree(off: Opened, on: Opened) -> bool:
    same = [rule for rule, _ in off] == [rule for rule, _ in on]
    return same and all(abs(a - b) <= OPENED_S for (_, a), (_, b) in zip(off, on, strict=True))


def row(path: Path, size_px: int) -> str:
    package = find_package()
    engine = OnnxRuntimeEngine(package.read_weights())
    far = Kept(Detector(package, engine, size_px=size_px, score_min=SCORE_MIN))
    near = Kept(Detector(package, engine, size_px=package.card.input.trained_px, score_min=SCORE_MIN))
    looks = Looks(far, near)
    frames, off = incidents(path, looks, NetworkDetector(far, near))
    gate = GatedDetector(NetworkDetector(far, near))
    _, on = incidents(path, looks, gate)
    asked = gate.wholes + gate.parts
    verdict = "the same" if agree(off, on) else f"DIFFERENT: {off} and {on}"
    return f"| {path.stem} | {frames} | {asked} | {frames / asked:.1f} | {len(off)}, {len(on)} | {verdict} |"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--size", type=int, default=640)
    options = parser.parse_args(argv)
    print("| clip | frames | looks | times fewer | incidents, off and on | |\n|---|---|---|---|---|---|")
    different = False
    for path in options.clips or [still_clip(one) for one in STILL_CLIPS]:
        told = row(path, options.size)
        different |= "DIFFERENT" in told
        print(told, flush=True)
    return int(different)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
