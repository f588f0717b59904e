"""Reading the evidence of an incident, inside the caller's transaction."""

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from central.evidence.evidence import EvidenceFile, EvidenceManifestState
from central.evidence.tables import File, Item, Manifest


def files_of(session: Session, incident_id: str) -> tuple[EvidenceFile, ...]:
    """Every file that the incident's manifests list, in the order of revisions; pending ones too."""
    rows = session.execute(
        select(Item, File)
        .join(File, and_(File.box_id == Item.box_id, File.sha256 == Item.sha256))
        .where(Item.incident_id == incident_id)
        .order_by(Item.revision, Item.position)
    )
    return tuple(
        EvidenceFile(
            revision=item.revision,
            sha256=item.sha256,
            role=item.role,
            media_type=file.media_type,
            bytes=file.bytes,
            state=file.state,
            fault=file.fault,
            captured_first=item.captured_first,
            captured_last=item.captured_last,
            derived_from=item.derived_from,
            redacted=item.redacted,
        )
        for item, file in rows
    )


def manifests_of(session: Session, incident_id: str) -> tuple[EvidenceManifestState, ...]:
    """One for every stored revision, oldest first."""
    rows = session.scalars(select(Manifest).where(Manifest.incident_id == incident_id).order_by(Manifest.revision))
    return tuple(
        EvidenceManifestState(row.revision, row.sha256, row.state, row.reason, row.chain, row.stored_at) for row in rows
    )
