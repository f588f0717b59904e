"""Composition root of the centre: database, broker, intake, evidence, pages."""

import fcntl
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from central.alerts.doorbell import Doorbell
from central.clock import now
from central.database.engine import Database
from central.devices import endpoints as devices
from central.doorkeeper import Doorkeeper
from central.errors import SettingsError, StorageError
from central.evidence import endpoints as media
from central.evidence import tus
from central.evidence.decoder import PictureDecoder
from central.evidence.deposit import Deposit, Limits
from central.evidence.disk import DiskMediaStore
from central.evidence.playback_maker import PlaybackMaker
from central.evidence.store import StoreError
from central.evidence.transcoder import transcode
from central.ingest.embedded_broker import EmbeddedBroker
from central.ingest.intake import Intake
from central.ingest.message import Outgoing
from central.ingest.subscriber import Subscriber
from central.metrics import Counters
from central.problem import ProblemError, answer_problem
from central.settings import LOOPBACK, Address, CentralFolder, Settings, broker_address
from central.summaries.writer import SummaryWriter
from central.web.install import install
from contract import topics
from contract.acknowledgement import Acknowledgement, FileReceipt
from contract.signing import SigningKey
from models.vlm.chat_server import ChatServer, ServerAddress


class Health(BaseModel):
    """broker: whether reports can come in now."""

    status: str = "ok"
    broker: bool


@dataclass
class Centre:
    """The parts of a running centre."""

    folder: CentralFolder
    settings: Settings
    key: SigningKey
    database: Database
    counters: Counters = field(default_factory=Counters)
    bell: Doorbell = field(default_factory=Doorbell)
    decoder: PictureDecoder = field(default_factory=PictureDecoder)
    broker: EmbeddedBroker | None = None
    subscriber: Subscriber | None = None
    playback: PlaybackMaker | None = None
    text_server: ChatServer | None = None
    summary_writer: SummaryWriter | None = None

    @classmethod
    def open(cls, folder: CentralFolder) -> Self:
        """Reads settings and key, migrates the database. Raises CentralError."""
        settings = folder.load()
        database = Database.open(folder.database_url(settings))
        database.migrate()
        centre = cls(folder, settings, folder.load_key(), database)
        centre.summary_writer = centre._make_summary_writer()
        return centre

    def start(self) -> None:
        """Broker, subscriber, intake, playback copies. Raises AddressError, StorageError."""
        if self.settings.broker == "embedded":
            address = Address(LOOPBACK, self.settings.embedded_port)
            self.broker = EmbeddedBroker(address, self.folder.path / "broker.toml", self.counters)
            self.broker.start()
        intake = Intake(self.database, self.key, self.counters, now, self.tell_stored)
        client_id = f"xunjian-central-{self.key.public.key_id}"
        address = broker_address(self.settings.broker_url)
        self.subscriber = Subscriber(address, client_id, intake.take, self.counters, now)
        self.subscriber.start()
        self.playback = PlaybackMaker(self.database, self.media_store(), self.key, now, transcode)
        self.playback.start()
        if self.summary_writer is not None:
            self.summary_writer.start()

    def stop(self) -> None:
        if self.subscriber is not None:
            self.subscriber.stop()
        if self.playback is not None:
            self.playback.stop()
        if self.summary_writer is not None:
            self.summary_writer.stop()
        if self.text_server is not None:
            self.text_server.close()
        if self.broker is not None:
            self.broker.stop()
        self.decoder.close()
        self.database.close()

    def _make_summary_writer(self) -> SummaryWriter | None:
        server = self.settings.text_server
        if server is None:
            return None
        key = self.folder.text_server_key(server)
        address = ServerAddress(
            server.url, server.model, key, server.answer_s_max, concurrent_max=1, takes_grammars=server.takes_grammars
        )
        self.text_server = ChatServer(address)
        return SummaryWriter(self.database, self.text_server, server.producer, self.counters, now)

    def media_store(self) -> DiskMediaStore:
        """Raises StorageError when the media folder cannot be used."""
        try:
            return DiskMediaStore(self.folder.media)
        except StoreError as error:
            raise StorageError(f"{self.folder.media}: {error}") from error

    def deposit(self) -> Deposit:
        """Raises StorageError when the media folder cannot be used."""
        limits = Limits(self.settings.upload_bytes_max, self.settings.media_bytes_free_min)
        return Deposit(
            self.database,
            self.media_store(),
            self.decoder,
            limits,
            counters=self.counters,
            now=now,
            acknowledge=self.acknowledge_files,
            on_held=self.tell_held,
        )

    def tell_held(self) -> None:
        """After a file was recorded: it may be a clip that wants a playback copy."""
        if self.playback is not None:
            self.playback.wake()

    def acknowledge_files(self, box_id: str, receipts: Sequence[FileReceipt]) -> None:
        answer = Acknowledgement(box_id=box_id, files=tuple(receipts))
        self.send([Outgoing(str(topics.Topic(box_id, "acknowledgement")), self.key.sign(answer))])

    def send(self, answers: Sequence[Outgoing]) -> None:
        """To boxes; lost without a broker, and asked for again then."""
        if self.subscriber is not None:
            self.subscriber.send(answers)

    def send_to_box(self, topic: str, payload: bytes) -> None:
        self.send([Outgoing(topic, payload)])

    def tell_stored(self, incident_ids: Sequence[str]) -> None:
        """From the intake's thread, after the commit."""
        if incident_ids:
            self.bell.ring()


def create_app(centre: Centre, *, box_port: int | None = None) -> FastAPI:
    """Pages and API of an open centre, started or not. box_port: see Doorkeeper."""
    app = FastAPI(title="Xunjian centre", version="1", docs_url=None, redoc_url=None)  # theirs come from a CDN
    app.state.centre = centre
    app.state.database = centre.database
    app.state.key = centre.key
    app.state.counters = centre.counters
    app.state.ask_for_summary = centre.summary_writer.ask if centre.summary_writer is not None else None
    app.state.now = now
    app.state.send_to_box = centre.send_to_box
    app.state.box_broker = centre.settings.box_broker or centre.settings.broker_url
    app.add_exception_handler(ProblemError, answer_problem)
    app.state.deposit = centre.deposit()
    app.add_middleware(Doorkeeper, box_port=box_port)
    for router in (devices.router, tus.router, media.router):
        app.include_router(router)
    install(app, centre.bell)
    app.add_api_route("/healthz", read_health, tags=["operation"])
    app.add_api_route("/metrics", read_metrics, response_class=PlainTextResponse, tags=["operation"])
    return app


def read_health(request: Request) -> Health:
    """Answers while the process works at all; `broker` says whether reports come in."""
    subscriber = request.app.state.centre.subscriber
    return Health(broker=subscriber is not None and subscriber.subscribed)


def read_metrics(request: Request) -> Response:
    """Counters in the Prometheus text format."""
    return PlainTextResponse(request.app.state.counters.text(), media_type="text/plain; version=0.0.4")


def lock_folder(folder: CentralFolder) -> int:
    """Held until this process ends. Raises SettingsError when another one serves the folder."""
    descriptor = os.open(folder.path / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        with suppress(OSError):
            os.close(descriptor)
        raise SettingsError(f"{folder.path} is served already by another process: end it first") from error
    return descriptor
