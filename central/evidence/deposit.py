"""Uploads become evidence: bytes durable and checked, then recorded in one transaction, then acknowledged, signed."""

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from central.clock import Now
from central.database.engine import Database
from central.devices.repository import owners_of
from central.evidence.content import PICTURES, shape_fault
from central.evidence.decoder import PictureDecoder
from central.evidence.sealing import refusal, take_file, take_manifest
from central.evidence.store import MediaStore, WrongHashError
from central.evidence.tables import File, Upload
from central.evidence.upload import (
    ABANDONED_AFTER,
    FileName,
    UploadRefusedError,
    begin_upload,
    expected_length,
    is_held,
    manifests_named,
    refused_file,
)
from central.metrics import Counters
from contract.acknowledgement import FileReceipt

RECEIPTS_MAX = 200  # in one acknowledgement; who asks for another file is told again

log = logging.getLogger(__name__)

Acknowledge = Callable[[str, Sequence[FileReceipt]], None]


@dataclass(frozen=True, slots=True)
class Limits:
    upload_bytes_max: int
    bytes_free_min: int


@dataclass(frozen=True, slots=True)
class Progress:
    name: FileName
    length: int
    offset: int


class Deposit:
    """acknowledge(box_id, receipts): publishes a signed Acknowledgement. on_held: told after a file was recorded.

    One for the whole centre; thread-safe.
    """

    def __init__(
        self,
        database: Database,
        store: MediaStore,
        decoder: PictureDecoder,
        limits: Limits,
        *,
        counters: Counters,
        now: Now,
        acknowledge: Acknowledge,
        on_held: Callable[[], None] = lambda: None,
    ) -> None:
        self.store = store
        self._database = database
        self._decoder = decoder
        self._limits = limits
        self._counters = counters
        self._now = now
        self._acknowledge = acknowledge
        self._on_held = on_held
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, name: FileName, length: int) -> str | None:
        """Where to send it; None: it is here, and acknowledged again. Raises UploadRefusedError, StoreError."""
        with self._database.reading() as session:
            refused = refused_file(session, name)
            if refused is None:
                expected_length(session, name, length, self._limits.upload_bytes_max)
            held = is_held(session, name)
        if refused is not None:
            self._acknowledge(name.box_id, [refusal(refused)])
            raise UploadRefusedError(409, "rejected", "only a manifest that does not hold lists this file")
        path = self.store.find(name.sha256)
        if path is not None:  # whole here, whoever sent it
            if path.stat().st_size != length:
                raise UploadRefusedError(413, "wrong_length", f"that file has {path.stat().st_size} bytes")
            if not held:
                self._record(name, path)
            self._tell_stored(name, length)
            return None
        if self.store.free_bytes() - length < self._limits.bytes_free_min:
            if self._counters.worth_a_line("uploads_refused", "disk_full"):
                log.error(
                    "evidence waits on the boxes: %d MB free, %d MB are the floor; make room on this disk",
                    self.store.free_bytes() // 2**20,
                    self._limits.bytes_free_min // 2**20,
                )
            raise UploadRefusedError(
                507, "disk_full", "the centre's disk is nearly full: make room, it goes on by itself"
            )
        self.sweep()
        with self._database.writing() as session:
            upload_id = begin_upload(session, name, length, secrets.token_hex(16), self._now()).upload_id
        if self.store.received(upload_id) is None:
            self.store.begin(upload_id)
        return upload_id

    def progress(self, upload_id: str) -> Progress | None:
        """None for an upload that is not, or no longer, under way."""
        with self._database.reading() as session:
            upload = session.get(Upload, upload_id)
        received = self.store.received(upload_id)
        if upload is None or received is None:
            return None
        return Progress(FileName(upload.box_id, upload.sha256), upload.length, received)

    @contextmanager
    def alone(self, upload_id: str) -> Iterator[None]:
        """Nobody else writes this upload meanwhile. Raises UploadRefusedError 423."""
        with self._lock:
            if upload_id in self._busy:
                raise UploadRefusedError(423, "busy", "this upload is being written to by another request")
            self._busy.add(upload_id)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(upload_id)

    def finish(self, upload_id: str, progress: Progress) -> None:
        """All bytes are here: check, keep, record, acknowledge. Raises UploadRefusedError 460, StoreError."""
        try:
            path = self.store.keep(upload_id, progress.name.sha256)
        except WrongHashError as error:
            self._forget(upload_id)
            self._counters.add("uploads", "wrong_hash")
            log.warning("an upload of %s was discarded: %s", progress.name.box_id, error)
            raise UploadRefusedError(460, "wrong_hash", f"{error}; it was discarded, send it again") from error
        self._record(progress.name, path)
        self._counters.add("uploads", "stored")
        self._tell_stored(progress.name, progress.length)

    def sweep(self) -> None:
        """Gives back the room of uploads that nobody went on with."""
        oldest = self._now() - ABANDONED_AFTER
        for upload_id, touched in self.store.uploads().items():
            if touched < oldest:
                self._forget(upload_id)
                self.store.discard(upload_id)
                self._counters.add("uploads", "abandoned")

    def _record(self, name: FileName, path: Path) -> None:
        with self._database.reading() as session:
            file = session.get(File, (name.box_id, name.sha256))
        fault = self._fault(path, file.media_type) if file is not None else None
        refused: list[FileReceipt] = []
        with self._database.writing() as session:
            owner = owners_of(session, [name.box_id])[name.box_id]
            for row in manifests_named(session, name):
                if row.stored_at is not None:
                    continue
                refused += take_manifest(session, row, owner, path.read_bytes(), self._now())
                if row.reason is not None:
                    log.warning("a manifest of %s does not hold: %s", name.box_id, row.reason)
            file = session.get(File, (name.box_id, name.sha256))
            if file is not None:
                take_file(session, file, fault, self._now())
            session.query(Upload).where(Upload.box_id == name.box_id, Upload.sha256 == name.sha256).delete()
        self._on_held()
        if refused:
            self._acknowledge(name.box_id, refused[:RECEIPTS_MAX])
        if fault is not None:
            self._counters.add("uploads", "faulty")
            log.warning("file %s of %s is not what it says: %s", name.sha256[:12], name.box_id, fault)

    def _fault(self, path: Path, media_type: str) -> str | None:
        with path.open("rb") as file:
            fault = shape_fault(file, path.stat().st_size, media_type)
        return fault or (self._decoder.fault(path) if media_type in PICTURES else None)

    def _forget(self, upload_id: str) -> None:
        with self._database.writing() as session:
            session.query(Upload).where(Upload.upload_id == upload_id).delete()

    def _tell_stored(self, name: FileName, size_bytes: int) -> None:
        self._acknowledge(name.box_id, [FileReceipt(sha256=name.sha256, bytes=size_bytes, result="stored")])
