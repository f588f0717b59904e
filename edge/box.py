"""The box, put together from `analysis.py`, `cameras.py`, `commands.py` and `link.py`, and run."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from contract.heartbeat import VerifierState
from contract.signing import PublicKey, SigningKey
from edge.analysis import (
    Detectors,
    Parts,
    build_pipeline,
    check_detector,
    look_of,
    open_store,
    origin_of,
    rules_for,
    second_look_of,
    software_version,
)
from edge.box_folder import BOX_KEY, OUTBOX, BoxError, alone
from edge.camera_line import Line
from edge.cameras import open_camera, source_of
from edge.capture.camera import CameraError
from edge.capture.live import Patience
from edge.clock import SystemClock
from edge.commands import Books, handlers_of, states_of
from edge.committer import Committer
from edge.delivery.faults import Faults
from edge.delivery.identity import Identity
from edge.delivery.outbox import Outbox
from edge.delivery.recovery import recover
from edge.delivery.report import Origin, Writer
from edge.delivery.uploader import make_client
from edge.detection.detector import DetectorError, FrameDetector
from edge.detection.pace import Pace
from edge.feedback import FEEDBACK_JSON, FeedbackBook
from edge.health.camera_gauge import CameraGauge
from edge.health.status import Display
from edge.health.view_watch import ViewWatch, view_file
from edge.link import Shown, open_link
from edge.pauses import PAUSES_JSON, PauseBook
from edge.remote_settings import RemoteSettings, go_back
from edge.rulebook import Rulebook, RuledCamera
from edge.rules.errors import RulesError
from edge.rules.pause import Paused
from edge.settings import BOX_YAML, Settings, SettingsError
from edge.supervisor import Supervisor
from edge.verification.second_look import SecondLook
from models.errors import ModelError

REFUSALS = (BoxError, SettingsError, RulesError, ModelError, CameraError, DetectorError)  # settings that do not fit
LOG = logging.getLogger(__name__)


@dataclass
class Restart:
    """Settings that the centre sent and that the box is to begin again with."""

    asked: threading.Event = field(default_factory=threading.Event)
    settings: Settings | None = None

    def ask(self, settings: Settings) -> None:
        self.settings = settings
        self.asked.set()

    def drops(self, camera_id: str) -> bool:
        return self.settings is not None and not self.settings.cameras[camera_id].enabled


@dataclass(frozen=True)
class Assembly:
    """What looks, and what of it the centre may ask for."""

    lines: tuple[Line, ...]
    second_look: SecondLook | None
    detectors: dict[str, FrameDetector]
    books: Books


def run(folder: Path, display: Display, *, loop: bool) -> int:
    """The box at work, until its files have ended and all is delivered, or a signal; the process's exit status.

    Settings that its centre changes make it begin again in the same process. Raises BoxError, and what its parts raise
    when they cannot start.
    """
    settings = Settings.load(folder)
    key = SigningKey.load(folder / BOX_KEY)
    clock, faults = SystemClock(), Faults()
    with alone(folder), Outbox(folder / OUTBOX, clock) as outbox, make_client() as http, display:
        parts = Parts(clock, key, outbox, open_store(folder), faults)
        sent = False
        while True:
            restart = Restart()
            origin = origin_of(settings.box_id, settings.tenant, settings.site)
            writer = Writer(origin, key)
            recovery = recover(outbox, parts.store, writer, clock.now())
            Committer(outbox, parts.store, writer, faults).commit(recovery.closed)
            try:
                assembly = _assemble(folder, settings, parts, origin, restart, loop=loop)
            except REFUSALS as error:
                if not sent:
                    raise
                faults.rise("config", f"{error}; the settings before hold again")
                settings, sent = go_back(folder), False
                continue
            supervisor = _supervisor(folder, settings, parts, assembly, restart=restart, http=http)
            code = supervisor.run(display)
            if not supervisor.restarting or restart.settings is None:
                return code
            LOG.info("begins again with the settings of its centre")
            faults.clear("config")
            settings, sent = restart.settings, True


def _say(notes: Sequence[str], said: set[str]) -> None:
    """Once each, for however many cameras they hold."""
    for note in notes:
        if note not in said:
            LOG.info("%s", note)
    said.update(notes)


def _assemble(
    folder: Path, settings: Settings, parts: Parts, origin: Origin, restart: Restart, *, loop: bool
) -> Assembly:
    """A line per camera that is enabled."""
    enabled = {name: camera for name, camera in settings.cameras.items() if camera.enabled}
    pauses = PauseBook(folder / PAUSES_JSON, parts.clock, cameras=tuple(enabled), rules=lambda: rulebook.rule_ids())  # noqa: PLW0108 - made below
    second_look = second_look_of(settings.verification, parts.clock, parts.faults)
    opener, detectors = Detectors(settings, folder, parts.faults), dict[str, FrameDetector]()
    said: set[str] = set()
    lines: list[Line] = []
    ruled: list[RuledCamera] = []

    def paused(name: str) -> Paused:
        return Paused(camera=True) if restart.drops(name) else pauses.of(name)

    for name, facts in enabled.items():
        detector = detectors[name] = opener.of(facts)
        rules = rules_for(detector, folder / settings.rules, list(enabled))
        _say(rules.notes, said)
        camera = open_camera(folder, settings, name, parts.clock, loop=loop)
        pipeline = build_pipeline(
            parts,
            origin,
            camera=camera,
            detector=detector,
            rules=rules,
            location=facts.location,
            paused=partial(paused, name),
            look=look_of(second_look, settings.verification, parts.clock, name, facts),
        )
        gauge = CameraGauge(name, lambda name=name: paused(name).camera)  # type: ignore[misc]
        watch = ViewWatch(view_file(folder, name), fixed=facts.fixed)
        lines.append(Line(camera, pipeline, gauge, Pace(facts.analysed_fps_max), watch))
        classes, scores = detector.class_names, detector.class_scores
        ruled.append(RuledCamera(name, pipeline, rules, classes, detector.name, scores, facts.sensitive, watch.accept))
    if not lines:
        raise BoxError(f"{folder / BOX_YAML}: no camera is enabled; set `enabled: true` for one")
    rulebook = Rulebook(folder / settings.rules, ruled)
    ends = not loop and not all(camera.is_stream for camera in enabled.values())
    remote = RemoteSettings(
        folder,
        settings,
        check=partial(check_settings, folder),
        refusals=REFUSALS,
        restart=None if ends else restart.ask,
    )
    books = Books(rulebook, remote, pauses, FeedbackBook(folder / FEEDBACK_JSON, parts.outbox.committed))
    return Assembly(tuple(lines), second_look, detectors, books)


def _supervisor(
    folder: Path, settings: Settings, parts: Parts, assembly: Assembly, *, restart: Restart, http: httpx.Client
) -> Supervisor:
    session = parts.outbox.start_session(software_version())
    identity = Identity(settings.box_id, session, parts.key, PublicKey.from_base64(settings.central.public_key))
    off = [CameraGauge(name, lambda: True) for name, camera in settings.cameras.items() if not camera.enabled]
    versions = origin_of(settings.box_id, settings.tenant, settings.site).versions
    shown = Shown(
        gauges=(*(line.gauge for line in assembly.lines), *off),
        states=states_of(assembly.books, versions, assembly.detectors),
        stills=assembly.books.rules.stills(),
        handlers=handlers_of(assembly.books, parts.outbox),
        verifier=assembly.second_look.state if assembly.second_look else VerifierState,
    )
    link = open_link(folder, settings, identity, parts, shown=shown, http=http)
    return Supervisor(
        assembly.lines,
        link,
        outbox=parts.outbox,
        clock=parts.clock,
        faults=parts.faults,
        restart=restart.asked,
        second_look=assembly.second_look.run if assembly.second_look else None,
    )


def check_settings(folder: Path, settings: Settings) -> None:
    """What a start with them would refuse, as far as it can be seen without a camera. Raises one of REFUSALS."""
    enabled = {name: camera for name, camera in settings.cameras.items() if camera.enabled}
    if not enabled:
        raise BoxError("no camera would be enabled: at least one has to look")
    for name, camera in enabled.items():
        source_of(folder, settings, name, Patience())
        check_detector(settings.detector, camera, folder / settings.rules, list(enabled))
