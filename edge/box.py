"""The box, put together from `analysis.py`, `cameras.py` and `link.py`, and run."""

import logging
from pathlib import Path

from contract.signing import PublicKey, SigningKey
from edge.analysis import Detectors, Parts, build_pipeline, open_store, origin_of, rules_for, software_version
from edge.box_folder import BOX_KEY, OUTBOX, BoxError, alone
from edge.cameras import open_camera
from edge.clock import SystemClock
from edge.committer import Committer
from edge.delivery.faults import Faults
from edge.delivery.identity import Identity
from edge.delivery.outbox import Outbox
from edge.delivery.recovery import recover
from edge.delivery.report import Origin, Writer
from edge.delivery.uploader import make_client
from edge.health.camera_gauge import CameraGauge
from edge.health.status import Display
from edge.link import open_link
from edge.rulebook import Rulebook, RuledCamera
from edge.settings import BOX_YAML, Settings
from edge.supervisor import Line, Supervisor

LOG = logging.getLogger(__name__)


def run(folder: Path, display: Display, *, loop: bool) -> int:
    """The box at work, until its files have ended and all is delivered, or a signal; the process's exit status.

    Raises BoxError, and what its parts raise when they cannot start.
    """
    settings = Settings.load(folder)
    key = SigningKey.load(folder / BOX_KEY)
    clock, faults = SystemClock(), Faults()
    with alone(folder), Outbox(folder / OUTBOX, clock) as outbox, make_client() as http:
        parts = Parts(clock, key, outbox, open_store(folder), faults)
        origin = origin_of(settings.box_id, settings.tenant, settings.site)
        writer = Writer(origin, key)
        recovery = recover(outbox, parts.store, writer, clock.now())
        Committer(outbox, parts.store, writer, faults).commit(recovery.closed)
        lines, rulebook = _lines(folder, settings, parts, origin, loop=loop)
        session = outbox.start_session(software_version())
        identity = Identity(settings.box_id, session, key, PublicKey.from_base64(settings.central.public_key))
        link = open_link(folder, settings, identity, parts, lines=lines, rulebook=rulebook, http=http)
        supervisor = Supervisor(lines, link, outbox=outbox, clock=clock, faults=faults)
        with display:
            return supervisor.run(display)


def _lines(
    folder: Path, settings: Settings, parts: Parts, origin: Origin, *, loop: bool
) -> tuple[list[Line], Rulebook]:
    """A line per camera that is enabled."""
    enabled = {name: camera for name, camera in settings.cameras.items() if camera.enabled}
    detectors = Detectors(settings.detector)
    lines: list[Line] = []
    ruled: list[RuledCamera] = []
    for name, facts in enabled.items():
        detector = detectors.of(facts)
        rules = rules_for(detector, folder / settings.rules, list(enabled))
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
