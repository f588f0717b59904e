"""Drafts into the outbox, in groups, and what the outbox refuses kept for the next try."""

from collections.abc import Sequence

from contract.evidence_manifest import ChainHead
from edge.delivery.errors import OutboxError
from edge.delivery.faults import Faults
from edge.delivery.outbox import Outbox
from edge.delivery.report import Writer
from edge.delivery.revision import Revision, RevisionDraft
from edge.evidence.store import EvidenceStore, StoreError

UNCOMMITTED_MAX = 256  # a few MB of thumbnails


class Committer:
    """Group commit, then the copies of what is committed: manifest files and chain head. One thread at a time."""

    def __init__(self, outbox: Outbox, store: EvidenceStore, writer: Writer, faults: Faults) -> None:
        self._outbox = outbox
        self._store = store
        self._writer = writer
        self._faults = faults
        self._waiting: list[RevisionDraft] = []

    @property
    def full(self) -> bool:
        """So much waits that no more should come."""
        return self.waiting >= UNCOMMITTED_MAX

    @property
    def waiting(self) -> int:
        """Drafts that the outbox refused so far."""
        return len(self._waiting)

    def commit(self, drafts: Sequence[RevisionDraft]) -> tuple[Revision, ...]:
        """Drafts that the outbox refuses wait for the next call; a fault says so."""
        self._waiting += drafts
        if not self._waiting:
            return ()
        try:
            revisions = self._outbox.commit(self._waiting)
        except OutboxError as error:
            self._faults.rise("outbox", str(error))
            return ()
        self._waiting.clear()
        self._faults.clear("outbox")
        self._keep_copies(revisions)
        return revisions

    def _keep_copies(self, revisions: Sequence[Revision]) -> None:
        newest = revisions[-1]
        head = ChainHead(box_id=self._writer.origin.box_id, seq=newest.report_seq, sha256=newest.manifest_sha256)
        try:
            for revision in revisions:
                self._store.keep_manifest(revision.incident_id, revision.revision, revision.manifest)
            self._store.keep_chain_head(newest.report_seq, self._writer.key.sign(head))
        except StoreError as error:  # they are written again from the rows at the next start
            self._faults.rise("evidence", str(error))
