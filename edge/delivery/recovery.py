"""After a start: what the last run left half done is finished or removed."""

from dataclasses import dataclass

from contract import codec
from contract.evidence_manifest import MANIFEST_BYTES_MAX, EvidenceManifest
from contract.incident_report import IncidentReport
from contract.topics import PAYLOAD_BYTES_MAX
from edge.clock import Moment
from edge.delivery.outbox import Outbox
from edge.delivery.report import Writer
from edge.delivery.revision import RevisionDraft
from edge.evidence.store import EvidenceStore


@dataclass(frozen=True, slots=True)
class Recovery:
    """closed: drafts of incidents that were open when the box died. The numbers say what was done to the disk."""

    closed: tuple[RevisionDraft, ...]
    manifests_written: int
    files_removed: int


def recover(outbox: Outbox, store: EvidenceStore, writer: Writer, moment: Moment) -> Recovery:
    """Writes manifest files that are missing, removes files that no committed revision names, closes what was open.

    Before the first camera starts. Raises OutboxError, StoreError, and ContractError for a row that is damaged.
    """
    written = removed = 0
    lying = store.manifests()
    known: dict[str, set[str]] = {incident_id: set() for incident_id in store.incidents()}
    revisions: dict[str, set[int]] = {incident_id: set() for incident_id in known}
    for incident_id, revision, manifest in outbox.manifests():
        if (incident_id, revision) not in lying:
            store.keep_manifest(incident_id, revision, manifest)
            written += 1
        document = codec.decode(codec.parse(manifest, MANIFEST_BYTES_MAX), EvidenceManifest)
        known.setdefault(incident_id, set()).update(item.sha256 for item in document.items)
        revisions.setdefault(incident_id, set()).add(revision)
    for incident_id, files in known.items():
        removed += store.remove_unknown(incident_id, files, revisions[incident_id])
    closed = tuple(
        _settled(codec.decode(codec.parse(payload, PAYLOAD_BYTES_MAX), IncidentReport), writer, moment)
        for payload in outbox.open_incidents()
    )
    return Recovery(closed, written, removed)


def _settled(last: IncidentReport, writer: Writer, moment: Moment) -> RevisionDraft:
    """What was open is closed; what was closed and waited for its second look waits no longer."""
    return writer.interruption(last, moment) if last.time.closed is None else writer.unanswered(last, moment)
