"""A real centre on a real port, without a broker: reports go through its intake, files through its upload."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from central.app import Centre, create_app
from central.clock import now
from central.ingest.intake import Intake
from central.settings import CentralFolder
from contract.codec import sha256_hex
from contract.incident_report import EvidenceReference
from tests.browser.scene import SITE, TENANT, Lead
from tests.central.boxes import SigningBox


@dataclass
class ServedCentre:
    """url: without a slash at its end. box: a registered box whose reports the intake takes."""

    url: str
    centre: Centre
    app: FastAPI
    box: SigningBox = field(default_factory=SigningBox)
    received: datetime | None = None  # what intake's clock says; None = the time
    _previous_sha256: str | None = None

    def __post_init__(self) -> None:
        centre = self.centre
        clock = lambda: self.received or now()  # noqa: E731
        self.intake = Intake(centre.database, centre.key, centre.counters, clock, centre.tell_stored)

    def take(self, lead: Lead, *, files: bool = False) -> str:
        """Stores the report as if it had come over the broker, and uploads its evidence; the incident's id."""
        link = lead.manifest.model_copy(update={"previous_sha256": self._previous_sha256})
        manifest = self.box.key.sign(link)
        self._previous_sha256 = sha256_hex(manifest)
        evidence = EvidenceReference(manifest_sha256=sha256_hex(manifest), thumbnail=lead.report.evidence.thumbnail)
        report = lead.report.model_copy(update={"evidence": evidence})
        (answer,) = self.intake.take([self.box.say(report)])
        assert b'"result":"stored"' in answer.payload, answer.payload
        if files:
            with httpx.Client(base_url=self.url, timeout=30) as client:
                for data in (manifest, *lead.files.values()):
                    self.upload(client, data)
        return report.incident_id

    def upload(self, client: httpx.Client, data: bytes, box_id: str | None = None) -> None:
        """As a box does: ask whether it is held; else create (tus 1.0) and send all of it."""
        sha256 = sha256_hex(data)
        if client.head(f"/api/media/{sha256}").status_code == 200:
            return
        told = {"sha256": sha256, "box_id": box_id or self.box.box_id}
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())
        tus = {"Tus-Resumable": "1.0.0"}
        begun = client.post("/api/media", headers=tus | {"Upload-Length": str(len(data)), "Upload-Metadata": metadata})
        assert begun.status_code == 201, (begun.status_code, begun.text)
        sent = tus | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        done = client.patch(begun.headers["Location"], headers=sent, content=data)
        assert done.status_code == 204, done.text


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
        serving = ServedCentre(f"http://127.0.0.1:{port}", centre, app)
        with centre.database.writing() as session:
            row = serving.box.row()
            row.tenant, row.site = TENANT, SITE
            session.add(row)
        yield serving
    finally:
        centre.bell.close()
        server.should_exit = True
        thread.join(10)
        centre.stop()
