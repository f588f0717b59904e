"""Evidence as the centre holds it: what a box sealed, and whether it is here and is what it says."""

from dataclasses import dataclass
from datetime import datetime

from contract.evidence_manifest import ORIGINALS


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One line of a manifest with the state of its file: `pending` or `held`; `fault`: held, but not what it says."""

    revision: int
    sha256: str
    role: str  # clip, key_frame (originals), tracks, annotated, thumbnail, playback
    media_type: str
    bytes: int
    state: str
    fault: str | None
    captured_first: datetime
    captured_last: datetime
    derived_from: str | None
    redacted: bool

    @property
    def original(self) -> bool:
        """Seen only after a reason was given: `POST /api/incidents/{id}/access`, then `?access=TOKEN`."""
        return self.role in ORIGINALS


@dataclass(frozen=True, slots=True)
class EvidenceManifestState:
    """state: expected, held, unverified. chain: unknown, linked, gap (the link before is not here), broken."""

    revision: int
    sha256: str
    state: str
    reason: str | None
    chain: str
    stored_at: datetime | None
