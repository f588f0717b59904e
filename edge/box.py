"""The box, put together: the only file that names adapters."""

import fcntl
import importlib.metadata
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx

from contract import topics
from contract.catalogue import catalogue_version
from contract.document import Device, Versions
from contract.signing import PublicKey, SigningKey
from edge.cameras import open_camera
from edge.capture.camera import Camera
from edge.capture.video_file import ReplayCamera
from edge.clock import Clock, SystemClock
from edge.delivery.broker import BrokerAddress
from edge.delivery.command_desk import CommandDesk, Handlers
from edge.delivery.dossier import Dossiers
from edge.delivery.faults import Faults
from edge.delivery.identity import Identity
from edge.delivery.mqtt import MqttBroker
from edge.delivery.outbox import Outbox
from edge.delivery.publisher import Publisher, availability
from edge.delivery.recovery import recover
from edge.delivery.report import Origin, Writer
from edge.delivery.uploader import Uploader, make_client
from edge.detection.detector import FrameDetector
from edge.detection.network import Network
from edge.detection.scripted import ScriptedDetector
from edge.evidence.disk import DiskStore
from edge.evidence.sealer import Sealer
from edge.evidence.store import EvidenceStore
from edge.health.camera_gauge import CameraGauge
from edge.health.heartbeat import Heartbeats
from edge.health.notices import Notices, States
from edge.health.status import Display
from edge.incidents.register import Register
from edge.pipeline import Committer, Pipeline
from edge.rulebook import Rulebook, RuledCamera
from edge.rules.judge import Judge
from edge.rules.rule_set import RuleSet
from edge.rules.rules_file import load_rules
from edge.settings import BOX_YAML, DetectorSettings, Settings
from edge.supervisor import Line, Link, Supervisor
from edge.tracking.tracker import Tracker
from models.engine.onnx_runtime import OnnxRuntimeEngine
from models.registry import find_package

LOG = logging.getLogger(__name__)
OUTBOX = "outbox.sqlite3"
PUBLIC_KEY = "box.pub"
BOX_KEY = "keys/box.key"
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


def open_network(settings: DetectorSettings) -> Network:
    """Raises ModelError."""
    package = find_package(settings.model)
    return Network(package, OnnxRuntimeEngine(package.read_weights(), (settings.device,), settings.threads))


def open_detector(settings: DetectorSettings, script: Path | None = None) -> FrameDetector:
    """script: detections from a file in the place of the network. Raises DetectorError, ModelError."""
    if script is not None:
        return ScriptedDetector(script)
    return open_network(settings).detector(settings.size_px, settings.score_min)


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
        what = "is a folder" if clip.is_dir() else "no such file"
        raise BoxError(f"{clip}: {what}; give a video file")
    rules = _rules_for(detector, rules_path)
    camera_id = camera_id or _only_camera(rules) or _slug(clip.stem)
    rules = _rules_for(detector, rules_path, (camera_id,))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BoxError(f"{out}: holds something already; a replay goes into a new folder")
    key = SigningKey.generate()
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / PUBLIC_KEY).write_bytes(key.public.pem())
    except OSError as error:
        raise BoxError(f"{out}: cannot be written ({error.strerror}); give --out a folder that can be made") from error
    clock = SystemClock()
    parts = Parts(clock, key, Outbox(out / OUTBOX, clock), DiskStore(out), Faults())
    camera = ReplayCamera(camera_id, clip, start or datetime.fromtimestamp(clip.stat().st_mtime).astimezone())
    origin = origin_of(REPLAY_BOX_ID, "default", "default")
    pipeline = build_pipeline(parts, origin, camera=camera, detector=detector, rules=rules, location={})
    return Replay(camera, pipeline, parts.outbox, rules, parts.faults)


def run(folder: Path, display: Display, *, loop: bool) -> int:
    """The box at work, until its files have ended and all is delivered, or a signal; the process's exit status.

    Raises BoxError, and what its parts raise when they cannot start.
    """
    settings = Settings.load(folder)
    key = SigningKey.load(folder / BOX_KEY)
    clock, faults = SystemClock(), Faults()
    with alone(folder), Outbox(folder / OUTBOX, clock) as outbox, make_client() as http:
        parts = Parts(clock, key, outbox, DiskStore(folder), faults)
        origin = origin_of(settings.box_id, settings.tenant, settings.site)
        writer = Writer(origin, key)
        recovery = recover(outbox, parts.store, writer, clock.now())
        Committer(outbox, parts.store, writer, faults).commit(recovery.closed)
        lines, rulebook = _lines(folder, settings, parts, origin, loop=loop)
        session = outbox.start_session(software_version())
        identity = Identity(settings.box_id, session, key, PublicKey.from_base64(settings.central.public_key))
        link = _link(folder, settings, identity, parts, lines=lines, rulebook=rulebook, http=http)
        supervisor = Supervisor(lines, link, outbox=outbox, clock=clock, faults=faults)
        with display:
            return supervisor.run(display)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Raises BoxError while another process runs this box: two would give out the same numbers."""
    with (folder / "box.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BoxError(f"{folder}: this box runs already; stop it first") from error
        yield


def _lines(
    folder: Path, settings: Settings, parts: Parts, origin: Origin, *, loop: bool
) -> tuple[list[Line], Rulebook]:
    """A line per camera that is enabled and has a rule. The network, where one is needed, is shared."""
    enabled = {name: camera for name, camera in settings.cameras.items() if camera.enabled}
    network: Network | None = None
    lines: list[Line] = []
    ruled: list[RuledCamera] = []
    for name, facts in enabled.items():
        if facts.detections is not None:
            detector: FrameDetector = open_detector(settings.detector, facts.detections)
        else:
            network = network or open_network(settings.detector)
            view = settings.detector.seen_by(facts.detector)
            detector = network.detector(view.size_px, view.score_min)
        rules = _rules_for(detector, folder / settings.rules, list(enabled))
        for note in rules.notes:
            LOG.info("%s", note)
        camera = open_camera(folder, settings, name, parts.clock, loop=loop)
        location = facts.model_dump(include={"lat", "lon", "crs", "address"}, exclude_none=True)
        pipeline = build_pipeline(parts, origin, camera=camera, detector=detector, rules=rules, location=location)
        lines.append(Line(camera, pipeline, CameraGauge(name)))
        ruled.append(RuledCamera(name, pipeline, rules, detector.class_names, detector.name, detector.class_scores))
    if not lines:
        raise BoxError(f"{folder / BOX_YAML}: no camera is enabled; set `enabled: true` for one")
    return lines, Rulebook(folder / settings.rules, ruled)


def _link(
    folder: Path,
    settings: Settings,
    identity: Identity,
    parts: Parts,
    *,
    lines: Sequence[Line],
    rulebook: Rulebook,
    http: httpx.Client,
) -> Link:
    box_id, outbox, clock, faults = identity.box_id, parts.outbox, parts.clock, parts.faults
    filters = [topics.of_box(box_id, kind) for kind in ("acknowledgement", "command")]
    versions = origin_of(box_id, settings.tenant, settings.site).versions
    states: States = {"rules": rulebook.state, "versions": lambda: versions.model_dump(mode="json", exclude_none=True)}
    handlers: Handlers = {"rules": rulebook.change, "resend": lambda _: {"queued": outbox.resend()}}
    address = BrokerAddress.parse(settings.central.broker)
    broker = MqttBroker(address, box_id, availability(identity, "offline"), filters)
    return Link(
        broker=broker,
        publisher=Publisher(identity, outbox, broker, clock, faults),
        uploader=Uploader(settings.central.url, box_id, outbox, clock, faults=faults, client=http),
        heartbeats=Heartbeats(
            identity,
            versions,
            folder,
            cameras=[line.gauge for line in lines],
            outbox=outbox,
            broker=broker,
            clock=clock,
            faults=faults,
        ),
        desk=CommandDesk(identity, outbox, broker, clock, faults=faults, handlers=handlers),
        notices=Notices(identity, broker, clock, states=states, stills=rulebook.stills()),
    )


def open_outbox(folder: Path) -> Outbox:
    """Of a box or a replay that exists. Raises BoxError, OutboxError."""
    if not (folder / OUTBOX).is_file():
        raise BoxError(f"{folder}: no {OUTBOX} there; give the folder of a box or of a replay")
    return Outbox(folder / OUTBOX, SystemClock())


def _rules_for(detector: FrameDetector, path: Path, cameras: Sequence[str] | None = None) -> RuleSet:
    return load_rules(path, detector.class_names, detector.name, cameras, scores=detector.class_scores)


def _only_camera(rules: RuleSet) -> str | None:
    return rules.cameras[0] if len(rules.cameras) == 1 else None


def _slug(stem: str) -> str:
    """The nearest camera id: lower case, everything else an underscore."""
    return re.sub(r"[^a-z0-9_-]+", "_", stem.lower()).strip("_-")[:63] or "camera"
