"""A clip in the place of a camera, put together: a box that forgets its key and publishes nothing."""

import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contract.signing import SigningKey
from edge.analysis import Parts, build_pipeline, open_store, origin_of, rules_for
from edge.box_folder import OUTBOX, PUBLIC_KEY, BoxError
from edge.capture.ahead import Ahead
from edge.capture.video_file import ReplayCamera
from edge.clock import SystemClock
from edge.delivery.faults import Faults
from edge.delivery.outbox import Outbox
from edge.detection.detector import FrameDetector
from edge.pipeline import Pipeline, Step
from edge.rules.rule_set import RuleSet

REPLAY_BOX_ID = "replay"


@dataclass(frozen=True, slots=True)
class Replay:
    """A clip about to be analysed."""

    camera: ReplayCamera
    pipeline: Pipeline
    outbox: Outbox
    rules: RuleSet
    faults: Faults

    def steps(self) -> Generator[Step, None, None]:
        """All frames of the camera, which is entered, once. The network looks at the next ones, as many as it takes
        abreast, while this one is tracked and judged. To be closed before the camera is left. Raises CameraError,
        DetectorError.
        """
        name, pipeline = f"look-{self.camera.camera_id}", self.pipeline
        looks = Ahead(self.camera.frames(), name, pipeline.look, abreast=pipeline.abreast)
        try:
            for looked in looks:
                yield self.pipeline.follow(looked)
        finally:
            looks.close()


def open_replay(
    clip: Path,
    rules_path: Path,
    out: Path,
    *,
    detector: FrameDetector,
    camera_id: str | None = None,
    start: datetime | None = None,
) -> Replay:
    """A box for one clip: a key that is forgotten, nothing published. out: absent or empty.

    Raises BoxError, RulesError, OutboxError.
    """
    if not clip.is_file():
        what = "is a folder" if clip.is_dir() else "no such file"
        raise BoxError(f"{clip}: {what}; give a video file")
    rules = rules_for(detector, rules_path)
    camera_id = camera_id or _only_camera(rules) or _slug(clip.stem)
    rules = rules_for(detector, rules_path, (camera_id,))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BoxError(f"{out}: holds something already; a replay goes into a new folder")
    key = SigningKey.generate()
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / PUBLIC_KEY).write_bytes(key.public.pem())
    except OSError as error:
        raise BoxError(f"{out}: cannot be written ({error.strerror}); give --out a folder that can be made") from error
    clock = SystemClock()
    parts = Parts(clock, key, Outbox(out / OUTBOX, clock), open_store(out), Faults())
    camera = ReplayCamera(camera_id, clip, start or datetime.fromtimestamp(clip.stat().st_mtime).astimezone())
    origin = origin_of(REPLAY_BOX_ID, "default", "default")
    pipeline = build_pipeline(parts, origin, camera=camera, detector=detector, rules=rules, location={})
    return Replay(camera, pipeline, parts.outbox, rules, parts.faults)


def _only_camera(rules: RuleSet) -> str | None:
    return rules.cameras[0] if len(rules.cameras) == 1 else None


def _slug(stem: str) -> str:
    """The nearest camera id: lower case, everything else an underscore."""
    return re.sub(r"[^a-z0-9_-]+", "_", stem.lower()).strip("_-")[:63] or "camera"
