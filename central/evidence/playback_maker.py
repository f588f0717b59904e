"""Looks for clips that have no verdict yet whether a browser plays them, one at a time, and makes the copies.

The database is the queue: what was under way when the centre died is found again.
"""

import hashlib
import logging
import secrets
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import and_, exists, select
from sqlalchemy.exc import DBAPIError

from central.clock import Now
from central.database.engine import Database
from central.evidence.playback import PlaybackRecord
from central.evidence.store import MediaStore, StoreError
from central.evidence.tables import File, Item, Playback
from central.evidence.transcoder import Transcoded
from contract.evidence_manifest import EvidenceItem
from contract.signing import SigningKey

LOOK_EVERY_S = 60.0
STOP_WAIT_S = 5.0
COPY_BYTES = 1_048_576
TOOL = "xunjian central: libx264 veryfast crf 26"

log = logging.getLogger(__name__)


class PlaybackMaker:
    """transcode(source, target): waits until the copy is there, or says why there is none."""

    def __init__(
        self,
        database: Database,
        store: MediaStore,
        key: SigningKey,
        now: Now,
        transcode: Callable[[Path, Path], Transcoded],
    ) -> None:
        self._database = database
        self._store = store
        self._key = key
        self._now = now
        self._transcode = transcode
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._worker = threading.Thread(target=self._work, name="playback", daemon=True)

    def start(self) -> None:
        self._worker.start()

    def stop(self) -> None:
        """A copy under way is left: its clip is found again."""
        self._stopping.set()
        self._woken.set()
        if self._worker.is_alive():
            self._worker.join(STOP_WAIT_S)

    def wake(self) -> None:
        """From any thread: a file was stored."""
        self._woken.set()

    def step(self) -> bool:
        """One clip; False when none waits. Raises StoreError, DBAPIError: nothing recorded, so it is tried again."""
        item = self._next_clip()
        if item is None:
            return False
        source = self._store.find(item.sha256)
        if source is None:
            self._record(Playback(original_sha256=item.sha256, state="failed", reason="the clip is not here"))
            return True
        with tempfile.TemporaryDirectory(prefix="xunjian-playback-") as folder:
            target = Path(folder) / "copy.mp4"
            done = self._transcode(source, target)
            if done.made:
                self._keep(item, target)
            else:
                state = "failed" if done.fault else "not_needed"
                self._record(Playback(original_sha256=item.sha256, state=state, reason=done.fault))
                if done.fault:
                    log.warning("no playback copy of clip %s: %s", item.sha256[:12], done.fault)
        return True

    def _next_clip(self) -> Item | None:
        with self._database.reading() as session:
            return session.scalar(
                select(Item)
                .join(File, and_(File.box_id == Item.box_id, File.sha256 == Item.sha256))
                .where(
                    Item.role == "clip",
                    File.state == "held",
                    File.fault.is_(None),
                    ~exists().where(Playback.original_sha256 == Item.sha256),
                )
                .limit(1)
            )

    def _keep(self, item: Item, copy: Path) -> None:
        """Bytes durable first, then the row, as for every file."""
        size_bytes = copy.stat().st_size
        with copy.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if self._store.find(sha256) is None:
            upload_id = secrets.token_hex(16)
            self._store.begin(upload_id)
            incoming = self._store.resume(upload_id, 0)
            with copy.open("rb") as file:
                while data := file.read(COPY_BYTES):
                    incoming.write(data)
            incoming.close()
            self._store.keep(upload_id, sha256)
        made = EvidenceItem(
            sha256=sha256,
            bytes=size_bytes,
            media_type="video/mp4",
            role="playback",
            captured_first=item.captured_first,
            captured_last=item.captured_last,
            derived_from=item.sha256,
            tool=TOOL,
        )
        document = self._key.sign(PlaybackRecord(item=made, made=self._now()))
        self._record(
            Playback(original_sha256=item.sha256, state="made", sha256=sha256, size_bytes=size_bytes, document=document)
        )

    def _record(self, playback: Playback) -> None:
        playback.made_at = self._now()
        with self._database.writing() as session:
            session.merge(playback)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                while not self._stopping.is_set() and self.step():
                    pass
            except (StoreError, DBAPIError) as error:
                log.error("playback copies wait: %s", error)  # noqa: TRY400 - the line says all
            self._woken.wait(LOOK_EVERY_S)
            self._woken.clear()
