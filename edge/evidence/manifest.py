"""What was sealed with one revision, as a link of the box's chain."""

from collections.abc import Sequence

from contract.document import ClockQuality, Device, Versions
from contract.evidence_manifest import EvidenceItem, EvidenceManifest


def build_manifest(
    *,
    box_id: str,
    incident_id: str,
    revision: int,
    report_seq: int,
    previous_sha256: str | None,
    items: Sequence[EvidenceItem],
    device: Device,
    clock: ClockQuality,
    versions: Versions,
) -> EvidenceManifest:
    """Unsigned. The link's number is the report's: a box has one counter. One file in two roles is two items."""
    return EvidenceManifest(
        box_id=box_id,
        incident_id=incident_id,
        revision=revision,
        report_seq=report_seq,
        chain_seq=report_seq,
        previous_sha256=previous_sha256,
        items=tuple(items),
        device=device,
        clock=clock,
        versions=versions,
    )
