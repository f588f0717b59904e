"""Evidence as the centre holds it: what a box sealed, and whether it is here and is what it says."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contract.evidence_manifest import ORIGINALS

ChainState = Literal["unknown", "linked", "gap", "broken"]


def chain_state(report_seq: int, previous_sha256: str | None, before_sha256: str | None, *, held: bool) -> ChainState:
    """How a manifest joins the one before it in the box. before_sha256: of that one, None while it is not known here.

    unknown: the manifest itself is not here. gap: the one before is not known here. broken: it is, and is another.
    """
    if not held:
        return "unknown"
    if report_seq == 1:
        return "linked" if previous_sha256 is None else "broken"
    if before_sha256 is None:
        return "gap"
    return "linked" if previous_sha256 == before_sha256 else "broken"


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
    """state: expected, held, unverified. chain: see `chain_state`."""

    revision: int
    sha256: str
    state: str
    reason: str | None
    chain: ChainState
    stored_at: datetime | None
