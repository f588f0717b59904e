"""The box, put together: the only file that names adapters."""

import importlib.metadata
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contract.catalogue import catalogue_version
from contract.document import Device, Versions
from contract.signing import SigningKey
from edge.capture.camera import Camera
from edge.capture.video_file import ReplayCamera
from edge.clock import Clock, SystemClock
from edge.delivery.dossier import Dossiers
from edge.delivery.faults import Faults
from edge.delivery.outbox import Outbox
from edge.delivery.report import Origin, Writer
from edge.detection.detector import FrameDetector
from edge.detection.network import NetworkDetector
from edge.detection.scripted import ScriptedDetector
from edge.evidence.disk import DiskStore
from edge.evidence.sealer import Sealer
from edge.evidence.store import EvidenceStore
from edge.incidents.register import Register
from edge.pipeline import Committer, Pipeline
from edge.rules.judge import Judge
from edge.rules.rule_set import RuleSet
from edge.rules.rules_file import load_rules
from edge.settings import DetectorSettings
from edge.tracking.motchallenge import track_lines
from edge.tracking.tracker import Tracker
from models.detector.detector import Detector
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.registry import find_package

OUTBOX = "outbox.sqlite3"
PUBLIC_KEY = "box.pub"
REPLAY_BOX_ID = "replay"


class BoxError(Exception):
    """The box cannot be put together; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the cameras of one box share."""

    clock: Clock
    key: SigningKey
    outbox: Outbox
    store: EvidenceStore
    faults: Faults


@dataclass(frozen=True, slots=True)
class Replay:
    """A clip about to be analysed."""

    camera: ReplayCamera
    pipeline: Pipeline
    outbox: Outbox
    rules: RuleSet
    faults: Faults


def software_version() -> str:
    return importlib.metadata.version("xunjian")


def open_detector(settings: DetectorSettings, script: Path | None = None) -> FrameDetector:
    """script: detections from a file in the place of the network. Raises DetectorError, ModelError."""
    if script is not None:
        return ScriptedDetector(script)
    package = find_package(settings.model)
    engine = OnnxRuntimeEngine(package.read_weights(), (settings.device,), settings.threads)
    return NetworkDetector(Detector(package, engine, score_min=settings.score_min))


def build_pipeline(
    parts: Parts,
    origin: Origin,
    *,
    camera: Camera,
    detector: FrameDetector,
    rules: RuleSet,
    location: Mapping[str, object],
) -> Pipeline:
    """origin: of the box; the detector and the rules of this camera are added to its versions."""
    versions = origin.versions.model_copy(
        update={
            "detector": Versions.Detector(
                name=detector.name, sha256=detector.sha256, engine=detector.engine, precision=detector.precision
            ),
            "rule_pack": rules.version,
        }
    )
    writer = Writer(Origin(origin.box_id, origin.tenant, origin.site, versions, origin.device), parts.key)

    def show(fault: str | None) -> None:
        if fault is None:
            parts.faults.clear("evidence")
        else:
            parts.faults.rise("evidence", fault)

    sealer = Sealer(parts.store, f"xunjian {software_version()}", show)
    masks = [zone.polygon for zone in rules.masks(camera.camera_id)]
    return Pipeline(
        detector=detector,
        tracker=Tracker(camera.camera_id),
        judge=Judge(rules.for_camera(camera.camera_id), camera.camera_id),
        register=Register(camera.camera_id),
        dossiers=Dossiers(camera.ring, sealer, writer, masks, location),
        committer=Committer(parts.outbox, parts.store, writer, parts.faults),
    )


def origin_of(box_id: str, tenant: str, site: str) -> Origin:
    versions = Versions(software=software_version(), catalogue=catalogue_version())
    return Origin(box_id, tenant, site, versions, Device())


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
        raise BoxError(f"{clip}: no such file; give a video file")
    rules = load_rules(rules_path, detector.class_names, detector.name)
    camera_id = camera_id or _only_camera(rules) or _slug(clip.stem)
    rules = load_rules(rules_path, detector.class_names, detector.name, (camera_id,))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BoxError(f"{out}: holds something already; a replay goes into a new folder")
    out.mkdir(parents=True, exist_ok=True)
    key = SigningKey.generate()
    (out / PUBLIC_KEY).write_bytes(key.public.pem())
    clock = SystemClock()
    parts = Parts(clock, key, Outbox(out / OUTBOX, clock), DiskStore(out), Faults())
    camera = ReplayCamera(camera_id, clip, start or datetime.fromtimestamp(clip.stat().st_mtime).astimezone())
    origin = origin_of(REPLAY_BOX_ID, "default", "default")
    pipeline = build_pipeline(parts, origin, camera=camera, detector=detector, rules=rules, location={})
    return Replay(camera, pipeline, parts.outbox, rules, parts.faults)


def open_outbox(folder: Path) -> Outbox:
    """Of a box or a replay that exists. Raises BoxError, OutboxError."""
    if not (folder / OUTBOX).is_file():
        raise BoxError(f"{folder}: no {OUTBOX} there; give the folder of a box or of a replay")
    return Outbox(folder / OUTBOX, SystemClock())


def track_clip(clip: Path, settings: DetectorSettings, out: Path) -> int:
    """Writes MOTChallenge lines in pixels; returns how many.

    Raises BoxError, CameraError, DetectorError, ModelError.
    """
    if not clip.is_file():
        raise BoxError(f"{clip}: no such file; give a video file")
    detector = open_detector(settings)
    tracker = Tracker("clip")
    count = 0
    try:
        with (
            out.open("w", encoding="ascii") as file,
            ReplayCamera("clip", clip, datetime.now().astimezone()) as camera,
        ):
            for frame in camera.frames():
                tracks = tracker.update(detector.detect(frame), frame.stream_s)
                file.writelines(track_lines(frame.index + 1, tracks, frame.width, frame.height))
                count += len(tracks.seen)
    except OSError as error:
        raise BoxError(f"{out}: cannot be written ({error.strerror})") from error
    return count


def _only_camera(rules: RuleSet) -> str | None:
    return rules.cameras[0] if len(rules.cameras) == 1 else None


def _slug(stem: str) -> str:
    """The nearest camera id: lower case, everything else an underscore."""
    return re.sub(r"[^a-z0-9_-]+", "_", stem.lower()).strip("_-")[:63] or "camera"
