"""One revision of one incident on its way out: sealed, numbered, chained; committed in one transaction."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from contract.incident_report import Phase
from edge.evidence.store import SealedFile

__all__ = ["ChainPosition", "Revision", "RevisionDraft", "SealedFile"]


@dataclass(frozen=True, slots=True)
class ChainPosition:
    """Where a revision comes in the box's chain; given out inside the committing transaction, so without holes."""

    report_seq: int
    previous_sha256: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """payload, manifest: canonical bytes of the signed IncidentReport and EvidenceManifest. urgent: severity `safety`;
    it goes before all others. settled: closed, and not waiting for a second look: nothing more is owed about its
    incident.
    """

    incident_id: str
    revision: int
    report_seq: int
    phase: Phase
    type_id: str
    camera_id: str
    payload: bytes
    payload_sha256: str
    manifest: bytes
    manifest_sha256: str
    files: tuple[SealedFile, ...]
    urgent: bool = False
    settled: bool = False


class RevisionDraft(ABC):
    """Everything of a revision but its number."""

    incident_id: str

    @abstractmethod
    def seal(self, position: ChainPosition) -> Revision:
        """Builds and signs manifest and report for this position. Pure of I/O: it runs inside the transaction."""
