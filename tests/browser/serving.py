"""A real centre on a real port, without a broker: reports go through its intake, files through its upload."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from central.app import Centre, create_app
from central.clock import now
from central.ingest.intake import Intake
from central.settings import CentralFolder
from contract.codec import sha256_hex
from contract.incident_report import EvidenceReference
from tests.browser.scene import Lead
from tests.central.boxes import SigningBox


@dataclass
class ServedCentre:
    """url: without a slash at its end. box: a registered box whose reports the intake takes."""

    url: str
    centre: Centre
    intake: Intake
    box: SigningBox = field(default_factory=SigningBox)

    def take(self, lead: Lead) -> str:
        """Stores the report as if it had come over the broker; the incident's id."""
        manifest = self.box.key.sign(lead.manifest)
        evidence = EvidenceReference(manifest_sha256=sha256_hex(manifest), thumbnail=lead.report.evidence.thumbnail)
        report = lead.report.model_copy(update={"evidence": evidence})
        (answer,) = self.intake.take([self.box.say(report)])
        assert b'"result":"stored"' in answer.payload, answer.payload
        return report.incident_id


@contextmanager
def served(folder: Path) -> Iterator[ServedCentre]:
    place = CentralFolder(folder)
    place.create(None)
    centre = Centre.open(place)
    app = create_app(centre)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, name="centre")
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            thread.join(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        intake = Intake(centre.database, centre.key, centre.counters, now, centre.tell_stored)
        serving = ServedCentre(f"http://127.0.0.1:{port}", centre, intake)
        with centre.database.writing() as session:
            serving.box.register(session)
        yield serving
    finally:
        app.state.doorbell.close()
        server.should_exit = True
        thread.join(10)
        centre.stop()
