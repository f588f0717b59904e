"""The port for where sealed files lie."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contract.evidence_manifest import EvidenceItem, MediaType, Role


class StoreError(Exception):
    """A file could not be sealed; the message says which and what to do. Nothing half-written is left."""


class StoreFullError(StoreError):
    """No space is left for evidence: an incident goes out without the file."""


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file that lies at `path` under its hash, already fsynced together with its folder."""

    item: EvidenceItem
    path: Path


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a manifest says of a file beside its hash and size. captured_first, captured_last: wall time, aware."""

    role: Role
    media_type: MediaType
    captured_first: datetime
    captured_last: datetime
    derived_from: str | None = None
    tool: str | None = None
    redacted: bool = False


class EvidenceStore(ABC):
    """Files by incident and sha256, manifests by incident and revision. Raises StoreError from every method."""

    @abstractmethod
    def seal(self, incident_id: str, facts: FileFacts, data: bytes) -> SealedFile:
        """Durable when it returns. The same bytes again are the same file."""

    @abstractmethod
    def seal_written(self, incident_id: str, facts: FileFacts, write: Callable[[Path], None]) -> SealedFile:
        """`write` fills the empty path that it is given; for what a library writes. Errors of `write` pass through."""

    @abstractmethod
    def keep_manifest(self, incident_id: str, revision: int, manifest: bytes) -> None:
        """Only for a committed revision: the bytes are those of its row. Written again, it is the same file."""

    @abstractmethod
    def keep_chain_head(self, seq: int, chain_head: bytes) -> None:
        """An older one than the newest kept since the start is ignored: cameras commit in turn, not in step."""

    @abstractmethod
    def manifests(self) -> frozenset[tuple[str, int]]:
        """The (incident_id, revision) of every manifest that lies here."""

    @abstractmethod
    def remove_unknown(self, incident_id: str, known_sha256: Iterable[str], revisions: Iterable[int]) -> int:
        """Removes files of this incident that no committed row names, and temporary ones; says how many."""

    @abstractmethod
    def incidents(self) -> frozenset[str]:
        """Every incident that has a folder here."""
