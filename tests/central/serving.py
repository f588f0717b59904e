"""A centre's application without sockets or broker; answers meant for boxes are collected."""

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from fastapi import FastAPI

from central.app import Centre, create_app
from central.clock import now
from central.ingest.intake import Intake
from central.ingest.message import Outgoing
from central.settings import CentralFolder
from contract import codec, topics
from contract.acknowledgement import Acknowledgement, FileReceipt
from contract.evidence_manifest import EvidenceItem
from tests.central.boxes import SigningBox
from tests.contract.examples import evidence_manifest, incident_report

TUS = {"Tus-Resumable": "1.0.0"}


class _InProcess(httpx.BaseTransport):
    """Calls the application without a socket, one request after the other, on a thread of its own: in the caller's a
    browser of other tests may have an event loop.
    """

    def __init__(self, app: FastAPI) -> None:
        self._asgi = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._runner = asyncio.Runner()
        self._thread = ThreadPoolExecutor(1)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._thread.submit(lambda: self._runner.run(self._answer(request))).result()

    def close(self) -> None:
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await self._asgi.handle_async_request(sent)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


@dataclass
class Serving:
    centre: Centre
    http: httpx.Client
    app: FastAPI
    intake: Intake
    sent: list[Outgoing] = field(default_factory=list)

    def file_receipts(self) -> list[FileReceipt]:
        receipts: list[FileReceipt] = []
        for outgoing in self.sent:
            document = codec.parse(outgoing.payload, topics.PAYLOAD_BYTES_MAX)
            self.centre.key.public.verify(document)
            receipts += codec.decode(document, Acknowledgement).files
        return receipts

    def begin(self, box: SigningBox, data: bytes, sha256: str = "", length: int | None = None) -> httpx.Response:
        values = {"sha256": sha256 or hashlib.sha256(data).hexdigest(), "box_id": box.box_id}
        said = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items())
        length = len(data) if length is None else length
        return self.http.post("/api/media", headers=TUS | {"Upload-Length": str(length), "Upload-Metadata": said})

    def append(self, location: str, data: bytes, offset: int = 0) -> httpx.Response:
        headers = TUS | {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return self.http.patch(location, headers=headers, content=data)

    def upload(self, box: SigningBox, data: bytes, sha256: str = "") -> int:
        """The status of the answer that ended it."""
        begun = self.begin(box, data, sha256)
        if begun.status_code != 201:
            return begun.status_code
        return self.append(begun.headers["Location"], data).status_code

    def evidence_state(self, incident_id: str) -> tuple[str, str | None]:
        summary = self.http.get(f"/api/incidents/{incident_id}").json()["summary"]
        return summary["evidence_state"], summary["evidence_reason"]


@contextmanager
def serving(
    folder: Path, *boxes: SigningBox, database_url: str | None = None, bytes_free_min: int | None = None
) -> Iterator[Serving]:
    home = CentralFolder(folder / "centre")
    home.create(None, database_url)
    if bytes_free_min is not None:
        with home.settings_file.open("a") as file:
            file.write(f"media_bytes_free_min: {bytes_free_min}\n")
    centre = Centre.open(home)
    sent: list[Outgoing] = []
    setattr(centre, "send", sent.extend)  # noqa: B010 - in place of the broker
    with centre.database.writing() as session:
        for box in boxes:
            box.register(session)
    intake = Intake(centre.database, centre.key, centre.counters, now, centre.tell_stored)
    app = create_app(centre)
    with httpx.Client(transport=_InProcess(app), base_url="http://127.0.0.1:8080") as http:
        yield Serving(centre, http, app, intake, sent)
    centre.stop()


@dataclass
class SealedIncident:
    """An incident with one revision whose report names a manifest that lists these files."""

    incident_id: str
    report: bytes
    manifest: bytes


def sealed_incident(
    box: SigningBox, *items: EvidenceItem, report_seq: int = 1, previous: bytes | None = None
) -> SealedIncident:
    report = incident_report(box_id=box.box_id, report_seq=report_seq)
    manifest = box.key.sign(
        evidence_manifest(
            *items,
            box_id=box.box_id,
            incident_id=report.incident_id,
            report_seq=report_seq,
            chain_seq=report_seq,
            previous_sha256=codec.sha256_hex(previous) if previous else None,
        )
    )
    evidence = report.evidence.model_copy(update={"manifest_sha256": codec.sha256_hex(manifest)})
    signed = box.key.sign(report.model_copy(update={"evidence": evidence}))
    return SealedIncident(report.incident_id, signed, manifest)
