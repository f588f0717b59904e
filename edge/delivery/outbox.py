"""The outbox: what this box has committed and the centre has not yet acknowledged (SQLite).

Committed means: the one transaction that writes revision, manifest, outbox row and file rows has returned (WAL,
synchronous FULL). Only the centre's acknowledgement of those exact bytes removes a row: see `receipts.py`.
"""

import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from contract.acknowledgement import Acknowledgement
from contract.heartbeat import ChainPosition as ChainHead
from edge.clock import Clock, Moment
from edge.delivery import outbox_rows
from edge.delivery.errors import OutboxError, OutboxFullError
from edge.delivery.outbox_tables import ATTEMPTS, TABLES
from edge.delivery.queued import AnsweredCommand, CommittedIncident, OutboxDepth, QueuedFile, QueuedReport
from edge.delivery.receipts import apply_acknowledgement
from edge.delivery.revision import ChainPosition, Revision, RevisionDraft

ROWS_MAX = 200_000  # four weeks at five revisions a minute; at the limit commits are refused, nothing is dropped
FREE_BYTES_MIN = 32 * 1024 * 1024  # below this a commit is refused: SQLite itself needs room to stay whole
PAGE_ROWS = 100
LIVE_S = 60.0  # a revision younger than this goes before the backlog

T = TypeVar("T")


class Outbox:
    """Safe to use from several threads; one process at a time runs a box (others may read)."""

    def __init__(
        self, path: Path, clock: Clock, *, rows_max: int = ROWS_MAX, free_bytes_min: int = FREE_BYTES_MIN
    ) -> None:
        """Raises OutboxError when the file cannot be opened or is not an outbox."""
        self._path = path
        self._clock = clock
        self._rows_max = rows_max
        self._free_bytes_min = free_bytes_min
        self._lock = threading.RLock()
        self._commits: deque[tuple[float, int]] = deque()  # when this process committed, and the first number of it
        self._listeners: list[Callable[[], None]] = []
        self._handle: sqlite3.Connection | None = self._open()

    def close(self) -> None:
        with self._lock:
            self._drop_handle()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start_session(self, software: str) -> int:
        """The persisted start counter, one higher. What was set aside goes again with a new software version."""
        with self._writing() as connection:
            row = connection.execute("SELECT session, software FROM box").fetchone()
            session = 1 if row is None else int(row[0]) + 1
            connection.execute("INSERT OR REPLACE INTO box VALUES (1, ?, ?)", (session, software))
            if row is not None and row[1] != software:
                outbox_rows.take_up_again(connection)
            return session

    def commit(self, drafts: Sequence[RevisionDraft]) -> tuple[Revision, ...]:
        """Seals and stores all drafts in one transaction; numbers have no holes.

        A revision that is already here (same incident and revision) is returned as it was committed, its payload
        empty once the centre has it. Raises OutboxFullError, or OutboxError when even a fresh handle cannot say that
        they are stored; the caller may then try again with the same drafts.
        """
        if not drafts:
            return ()
        with self._lock:
            self._refuse_when_full(len(drafts))
            moment = self._clock.now()
            try:
                revisions = self._commit_once(drafts, moment)
            except sqlite3.Error:
                # A failed fsync says neither yes nor no: a fresh handle knows what is there, and what is there stays.
                self._drop_handle()
                try:
                    revisions = self._commit_once(drafts, moment)
                except sqlite3.Error as error:
                    self._drop_handle()
                    raise OutboxError(f"{self._path}: {error}; {len(drafts)} revisions wait") from error
        self._tell()
        return revisions

    def on_change(self, listener: Callable[[], None]) -> None:
        """Called after every commit, on the committing thread; it must return at once."""
        self._listeners.append(listener)

    def due(self, now_s: float, limit: int) -> tuple[QueuedReport, ...]:
        """What to send now: what is urgent, then the newest first among the live, then the backlog by age."""
        return self._reading(lambda rows: outbox_rows.due_reports(rows, self._live_from(now_s), now_s, limit))

    def due_files(self, now_s: float, limit: int) -> tuple[QueuedFile, ...]:
        """Files of acknowledged revisions, each manifest before its media; urgent before live before backlog."""
        return self._reading(lambda rows: outbox_rows.due_files(rows, self._live_from(now_s), now_s, limit))

    def sent(self, report_seq: int, due_s: float) -> None:
        """An attempt was made; without an acknowledgement the row is due again at `due_s` (monotonic seconds)."""
        self._reading(lambda rows: outbox_rows.note_report_attempt(rows, report_seq, due_s))

    def sent_file(self, sha256: str, due_s: float) -> None:
        self._reading(lambda rows: outbox_rows.note_file_attempt(rows, sha256, due_s))

    def waiting(self, now_s: float) -> int:
        """How many rows were sent and still wait for their acknowledgement."""
        return self._reading(lambda rows: outbox_rows.count_waiting(rows, now_s))

    def forget_attempts(self) -> None:
        """The broker or the centre may have lost what was sent: everything unacknowledged is due now."""
        self._reading(outbox_rows.forget_attempts)
        self._tell()

    def acknowledge(self, *acknowledgements: Acknowledgement) -> int:
        """Applies what the centre signed (the caller has verified it); the number of rows and files that changed."""
        with self._writing() as connection:
            changed = sum(apply_acknowledgement(connection, one) for one in acknowledgements)
        if any(one.reports for one in acknowledgements):
            self._tell()  # their files may go now
        return changed

    def resend(self) -> int:
        """Queues again what was set aside (a new introduction, `edge resend`); how many rows and files."""
        with self._writing() as connection:
            count = outbox_rows.take_up_again(connection)
        self._tell()
        return count

    def answered(self) -> tuple[AnsweredCommand, ...]:
        """The newest command of each name that this box took up."""
        sql = "SELECT name, version, command_id, answer FROM command ORDER BY name"
        return self._reading(lambda rows: tuple(AnsweredCommand(*row) for row in rows.execute(sql)))

    def note_answer(self, command: AnsweredCommand) -> None:
        """Durable when it returns: its version of that name never comes again."""
        values = (command.name, command.version, command.command_id, command.answer)
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO command VALUES (?, ?, ?, ?)", values)

    def depth(self) -> OutboxDepth:
        now = self._clock.now()

        def read(connection: sqlite3.Connection) -> OutboxDepth:
            rows, set_aside, low = outbox_rows.count_reports(connection)
            pending, rejected = outbox_rows.count_files(connection)
            oldest = None if low is None else outbox_rows.age_s(connection, low, now)
            return OutboxDepth(rows, set_aside, oldest, pending, rejected, low, outbox_rows.head(connection).seq)

        return self._reading(read)

    def chain_head(self) -> ChainHead:
        """The newest manifest's number and hash; 0 and None before the first."""
        return self._reading(outbox_rows.head)

    def incidents(self) -> tuple[CommittedIncident, ...]:
        """Every incident this box ever committed, oldest first."""
        return self._reading(outbox_rows.incidents)

    def committed(self, incident_ids: Collection[str]) -> frozenset[str]:
        """Those of them that this box ever committed."""
        return self._reading(lambda rows: outbox_rows.committed(rows, incident_ids))

    def count_incidents(self) -> int:
        return self._reading(outbox_rows.count_incidents)

    def open_incidents(self) -> tuple[bytes, ...]:
        """The last report of every incident that is open, or still waits for its second look."""
        return self._reading(outbox_rows.open_incidents)

    def manifests(self) -> Iterator[tuple[str, int, bytes]]:
        """(incident_id, revision, bytes) of every manifest, oldest first: their files are written again from here."""
        page = self._reading(lambda rows: outbox_rows.manifests(rows, 0, PAGE_ROWS))
        while page:
            yield from ((incident_id, revision, manifest) for _, incident_id, revision, manifest in page)
            after = page[-1][0]
            page = self._reading(partial(outbox_rows.manifests, after=after, limit=PAGE_ROWS))

    def delivered(self, before: datetime) -> Iterator[tuple[str, tuple[bytes, ...]]]:
        """(incident_id, manifests) of what was settled before then and acknowledged with every file, oldest first."""
        before_ms = int(before.timestamp() * 1000)
        for incident_id in self._reading(lambda rows: outbox_rows.delivered(rows, before_ms)):
            yield incident_id, self._reading(partial(outbox_rows.manifests_of, incident_id=incident_id))

    def holds_nothing_unstored(self, sha256s: Collection[str]) -> bool:
        """Whether the centre acknowledged each of these files, whichever incident they came with."""
        return self._reading(lambda rows: outbox_rows.all_stored(rows, sha256s))

    def _commit_once(self, drafts: Sequence[RevisionDraft], moment: Moment) -> tuple[Revision, ...]:
        revisions = []
        with self._transaction() as connection:
            head = first = outbox_rows.head(connection)
            for draft in drafts:
                sealed = draft.seal(ChainPosition(head.seq + 1, head.sha256))
                known = outbox_rows.find(connection, sealed.incident_id, sealed.revision)
                if known is None:
                    outbox_rows.insert(connection, sealed, moment)
                    head = ChainHead(seq=sealed.report_seq, sha256=sealed.manifest_sha256)
                revisions.append(known or sealed)
        if head.seq > first.seq:
            self._commits.append((self._clock.monotonic_s(), first.seq + 1))
        return tuple(revisions)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def _live_from(self, now_s: float) -> int:
        while self._commits and self._commits[0][0] < now_s - LIVE_S:
            self._commits.popleft()
        return self._commits[0][1] if self._commits else 2**62

    def _refuse_when_full(self, count: int) -> None:
        free_bytes = shutil.disk_usage(self._path.parent).free
        if free_bytes < self._free_bytes_min:
            raise OutboxFullError(
                f"{self._path}: {free_bytes} bytes free, {self._free_bytes_min} are the floor: make room on this disk"
            )
        rows = self._reading(lambda connection: sum(outbox_rows.count_reports(connection)[:2]))
        if rows + count > self._rows_max:
            raise OutboxFullError(
                f"{self._path}: {rows} reports wait for the centre, {self._rows_max} is the limit: see to the link"
            )

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA journal_size_limit = 16777216")
            connection.executescript(TABLES)
            connection.executescript(ATTEMPTS)
        except sqlite3.Error as error:
            raise OutboxError(f"{self._path} cannot be used as the outbox: {error}; evidence was left alone") from error
        return connection

    def _connection(self) -> sqlite3.Connection:
        if self._handle is None:
            self._handle = self._open()
        return self._handle

    def _drop_handle(self) -> None:
        """After an error the old handle's view is not trusted; the next use opens a fresh one."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                with self._transaction() as connection:
                    yield connection
            except sqlite3.Error as error:
                self._drop_handle()
                raise OutboxError(f"{self._path}: {error}") from error

    def _reading(self, read: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            try:
                return read(self._connection())
            except sqlite3.Error as error:
                self._drop_handle()
                raise OutboxError(f"{self._path}: {error}") from error
