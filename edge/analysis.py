"""What looks at a camera, put together: detector, tracker, rules, evidence, outbox. Names the adapters of these."""

import importlib.metadata
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.catalogue import catalogue_version
from contract.document import Device, Versions
from contract.signing import SigningKey
from edge.capture.camera import Camera
from edge.clock import Clock
from edge.committer import Committer
from edge.delivery.dossier import Dossiers
from edge.delivery.faults import Faults
from edge.delivery.outbox import Outbox
from edge.delivery.report import Origin, Writer
from edge.detection.detector import FrameDetector, Importance
from edge.detection.gated import GatedDetector
from edge.detection.network import Network
from edge.detection.scripted import ScriptedDetector
from edge.evidence.disk import DiskStore
from edge.evidence.key_frames import newest_key_frames, read_key_frames
from edge.evidence.sealer import Sealer
from edge.evidence.store import EvidenceStore
from edge.incidents.register import Register
from edge.pipeline import Pipeline
from edge.rules.judge import Judge
from edge.rules.pause import NOTHING_PAUSED, Paused
from edge.rules.rule_set import RuleSet
from edge.rules.rules_file import load_rules
from edge.sealing import Sealing, SealingApart
from edge.settings import CameraSettings, DetectorSettings, Settings, VerificationSettings, ViewSettings
from edge.tracking.tracker import Tracker
from edge.verification.child import Wanted, WantedServer
from edge.verification.inquest import Bounds
from edge.verification.isolated import IsolatedVerifier
from edge.verification.look import CameraLook, Look
from edge.verification.second_look import SecondLook
from models.detector.detector import check_size
from models.engine.choice import Choice
from models.engine.machine import read_machine
from models.engine.opening import Opener
from models.proof import engines_folder
from models.proving import OWN_MAX, Own, Trial, no_own, open_proven
from models.registry import find_package
from models.trial import try_unpinned
from models.vlm.questions import find_question

LOG = logging.getLogger(__name__)
TEXT_SHARE = 0.8  # of the time for an answer: a text is cut off before its process is ended


@dataclass(frozen=True, slots=True)
class Parts:
    """What the cameras of one box share."""

    clock: Clock
    key: SigningKey
    outbox: Outbox
    store: EvidenceStore
    faults: Faults


def software_version() -> str:
    return importlib.metadata.version("xunjian")


def lanes_of(threads: int, cameras: int) -> int:
    """Looks that go through the network at once. Two runs of one thread take less than one of two, twice: nobody waits
    for anybody at each layer. A frame has two looks, so there is something for two lanes with one camera, too.
    """
    wanted = max(2, cameras)
    return next((lanes for lanes in range(wanted, threads) if threads % lanes == 0), threads)


def open_network(
    settings: DetectorSettings,
    views: Sequence[ViewSettings | None] = (),
    own: Callable[[], Own] = no_own,
    refused: Callable[[str], None] = LOG.warning,
) -> Network:
    """On the engine that the settings ask for, or on the reference, and then `refused` is told why. views: of cameras
    that read it otherwise. Raises ModelError.
    """
    package = find_package(settings.model)
    try_unpinned(package)
    size_px = max(settings.seen_by(view).size_px or package.card.input.size_px for view in (None, *views))
    lanes = lanes_of(settings.threads, len(views))
    opener = Opener(settings.threads, size_px, engines_folder(), read_machine(), lanes)
    opened = open_proven(Trial(package, Choice(settings.device, settings.precision), opener), own, LOG.info)
    if opened.refusal is not None:
        refused(opened.refusal)
    return Network(opened.package, opened.engine, batch_max=opened.batch_max)


def open_detector(settings: DetectorSettings, script: Path | None = None) -> FrameDetector:
    """script: detections from a file in the place of the network. Raises DetectorError, ModelError."""
    if script is not None:
        return ScriptedDetector(script)
    return _seen_through(open_network(settings), settings)


def own_pictures(folder: Path) -> Own:
    """folder: the box's."""
    paths = newest_key_frames(folder, OWN_MAX)
    return Own(len(paths), lambda: read_key_frames(paths))


class Detectors:
    """Of a box's cameras; the network, where one is needed, is shared. folder: the box's. An engine that is not used is
    a fault of the name `engine`.
    """

    def __init__(self, settings: Settings, folder: Path, faults: Faults) -> None:
        self._settings = settings
        self._folder = folder
        self._faults = faults
        self._network: Network | None = None

    def of(self, camera: CameraSettings) -> FrameDetector:
        """Raises DetectorError, ModelError."""
        if camera.detections is not None:
            return ScriptedDetector(camera.detections)
        self._network = self._network or self._open()
        view = self._settings.detector.seen_by(camera.detector)
        return _seen_through(self._network, view, camera.importance)

    def _open(self) -> Network:
        self._faults.clear("engine")
        views = [camera.detector for camera in self._settings.cameras.values()]
        return open_network(
            self._settings.detector,
            views,
            lambda: own_pictures(self._folder),
            lambda why: self._faults.rise("engine", why),
        )


def _seen_through(network: Network, settings: DetectorSettings, importance: Importance = "normal") -> FrameDetector:
    detector = network.detector(settings.size_px, settings.score_min, importance)
    return GatedDetector(detector) if settings.motion_gate else detector


def check_detector(settings: DetectorSettings, camera: CameraSettings, rules: Path, cameras: Sequence[str]) -> None:
    """Whether the camera's detector can be had as it is set and the rules fit it, without loading a network.

    Raises DetectorError, ModelError, RulesError.
    """
    if camera.detections is not None:
        rules_for(ScriptedDetector(camera.detections), rules, cameras)
        return
    card = find_package(settings.model).card
    view = settings.seen_by(camera.detector)
    if view.size_px is not None:
        check_size(card, view.size_px)
    load_rules(rules, card.classes, card.name, cameras)


def second_look_of(settings: VerificationSettings, clock: Clock, faults: Faults) -> SecondLook | None:
    """None without a model. Its process starts with the first question. Raises ModelError for a model or a question
    that is not there, SettingsError for a server's key that others can read.
    """
    if settings.model is None and settings.server is None:
        return None
    if settings.model is not None:
        package = find_package(settings.model)
        package.vlm_card  # noqa: B018 - a detector's package is refused here, not at the first lead
        try_unpinned(package)
    for name in settings.permitted or ():
        find_question(name)
    wanted = Wanted(
        settings.model,
        settings.device,
        settings.threads,
        settings.language,
        settings.data_mb_max * 2**20,
        TEXT_SHARE * settings.answer_s_max,
        server=_wanted_server(settings),
    )

    def tell(fault: str | None) -> None:
        if fault is None:
            faults.clear("verifier")
        else:
            faults.rise("verifier", fault)

    verifier = IsolatedVerifier(wanted, settings.answer_s_max)
    return SecondLook(verifier, clock, tell, waiting_max=settings.waiting_max, describes=settings.describe)


def _wanted_server(settings: VerificationSettings) -> WantedServer | None:
    """An answer is half of a question, at most half of the time is for one."""
    server = settings.server
    if server is None:
        return None
    server.refuse_an_open_key()
    return WantedServer(server.url, server.model, server.key_file, settings.answer_s_max / 2)


def look_of(
    second_look: SecondLook | None, settings: VerificationSettings, clock: Clock, camera_id: str, camera: CameraSettings
) -> Look | None:
    if second_look is None:
        return None
    margin = find_package(settings.model).vlm_card.answers.margin if settings.model else Bounds().margin
    permitted = None if settings.permitted is None else frozenset(settings.permitted)
    texts = tuple(text for text in camera.location.values() if isinstance(text, str))
    bounds = Bounds(permitted, camera.sensitive, margin, texts)
    return CameraLook(camera_id, second_look, bounds, clock)


def open_store(folder: Path) -> EvidenceStore:
    return DiskStore(folder)


def rules_for(detector: FrameDetector, path: Path, cameras: Sequence[str] | None = None) -> RuleSet:
    """The file as this detector can see it. cameras: those that there are; None: any. Raises RulesError."""
    return load_rules(path, detector.class_names, detector.name, cameras, scores=detector.class_scores)


def origin_of(box_id: str, tenant: str, site: str) -> Origin:
    versions = Versions(software=software_version(), catalogue=catalogue_version())
    return Origin(box_id, tenant, site, versions, Device())


def build_pipeline(
    parts: Parts,
    origin: Origin,
    *,
    camera: Camera,
    detector: FrameDetector,
    rules: RuleSet,
    location: Mapping[str, object],
    apart: bool = True,
    paused: Callable[[], Paused] = lambda: NOTHING_PAUSED,
    look: Look | None = None,
) -> Pipeline:
    """origin: of the box; the detector and the rules of this camera are added to its versions. apart: files are sealed
    beside the steps, not in them.
    """
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
    committer = Committer(parts.outbox, parts.store, writer, parts.faults)
    masks = [zone.polygon for zone in rules.masks(camera.camera_id)]
    return Pipeline(
        detector=detector,
        tracker=Tracker(camera.camera_id),
        judge=Judge(rules.for_camera(camera.camera_id), camera.camera_id),
        register=Register(camera.camera_id),
        dossiers=Dossiers(camera.ring, sealer, writer, masks, location, look=look),
        sealing=SealingApart(committer, camera.camera_id) if apart else Sealing(committer),
        paused=paused,
    )
