"""Reading the evidence of an incident, inside the caller's transaction."""

from dataclasses import dataclass, replace

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from central.evidence.evidence import EvidenceFile, EvidenceManifestState, chain_state
from central.evidence.tables import Dossier, File, Item, Manifest, Playback
from contract.evidence_manifest import ORIGINALS

REASON_LENGTH_MAX = 300
BYTES = "application/octet-stream"


def files_of(session: Session, incident_id: str) -> tuple[EvidenceFile, ...]:
    """What the incident's manifests list, pending files too, in the order of revisions; then playback copies."""
    rows = session.execute(
        select(Item, File)
        .join(File, and_(File.box_id == Item.box_id, File.sha256 == Item.sha256))
        .where(Item.incident_id == incident_id)
        .order_by(Item.revision, Item.position)
    )
    listed = tuple(
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
    return listed + _playback_copies(session, listed)


def _playback_copies(session: Session, listed: tuple[EvidenceFile, ...]) -> tuple[EvidenceFile, ...]:
    clips = {file.sha256: file for file in listed if file.role == "clip"}
    made = session.scalars(select(Playback).where(Playback.original_sha256.in_(clips), Playback.state == "made"))
    return tuple(
        replace(
            clips[row.original_sha256],
            sha256=row.sha256 or "",
            bytes=row.size_bytes or 0,
            role="playback",
            media_type="video/mp4",
            derived_from=row.original_sha256,
        )
        for row in made
    )


def manifests_of(session: Session, incident_id: str) -> tuple[EvidenceManifestState, ...]:
    """One for every stored revision, oldest first."""
    return tuple(
        EvidenceManifestState(
            row.revision,
            row.sha256,
            row.state,
            row.reason,
            chain_state(row.report_seq, row.previous_sha256, before_sha256, held=row.state == "held"),
            row.stored_at,
        )
        for row, before_sha256 in _with_link_before(session, incident_id)
    )


def _with_link_before(session: Session, incident_id: str) -> list[tuple[Manifest, str | None]]:
    before = aliased(Manifest)
    rows = session.execute(
        select(Manifest, before.sha256)
        .outerjoin(
            before,
            and_(
                before.box_id == Manifest.box_id,
                before.key_id == Manifest.key_id,
                before.report_seq == Manifest.report_seq - 1,
            ),
        )
        .where(Manifest.incident_id == incident_id)
        .order_by(Manifest.revision)
    )
    return [(row, before_sha256) for row, before_sha256 in rows]


@dataclass(frozen=True, slots=True)
class Held:
    """What a held file is, over all incidents that list it."""

    roles: frozenset[str]
    incident_ids: frozenset[str]
    served_type: str  # a file that is not what it says is served as bytes, never as a picture

    @property
    def original(self) -> bool:
        """Strictest reading: listed once as an original, it is one everywhere. A playback copy shows as much."""
        return bool(self.roles & {*ORIGINALS, "playback"})


def held_media(session: Session, sha256: str) -> Held | None:
    """A file or a manifest whose bytes are durable here; None for all else."""
    rows = session.execute(
        select(Item.role, Item.incident_id, File.media_type, File.fault)
        .join(File, and_(File.box_id == Item.box_id, File.sha256 == Item.sha256))
        .where(Item.sha256 == sha256, File.state == "held")
    ).all()
    manifests = session.scalars(
        select(Manifest.incident_id).where(Manifest.sha256 == sha256, Manifest.stored_at.is_not(None))
    ).all()
    if not rows and not manifests:
        return _held_copy(session, sha256)
    types = {media_type if fault is None else BYTES for _, _, media_type, fault in rows}
    types |= {"application/json"} if manifests else set()
    return Held(
        roles=frozenset({role for role, _, _, _ in rows} | ({"manifest"} if manifests else set())),
        incident_ids=frozenset({incident_id for _, incident_id, _, _ in rows} | set(manifests)),
        served_type=types.pop() if len(types) == 1 else BYTES,
    )


def _held_copy(session: Session, sha256: str) -> Held | None:
    copied = select(Item.incident_id).join(Playback, Playback.original_sha256 == Item.sha256)
    incident_ids = session.scalars(copied.where(Playback.sha256 == sha256, Playback.state == "made")).all()
    return Held(frozenset({"playback"}), frozenset(incident_ids), "video/mp4") if incident_ids else None


def assess_evidence(session: Session, incident_id: str) -> None:
    """Writes what the incident's evidence is as a whole now: unverified with the first reason, pending, or complete."""
    dossier = session.get(Dossier, incident_id)
    if dossier is None:
        return
    manifests, files = manifests_of(session, incident_id), files_of(session, incident_id)
    faults = [f"manifest of revision {row.revision}: {row.reason}" for row in manifests if row.state == "unverified"]
    faults += [
        f"manifest of revision {row.revision}: it does not join the one before it"
        for row in manifests
        if row.chain == "broken"
    ]
    faults += [f"{file.role} {file.sha256[:12]}: {file.fault}" for file in files if file.fault]
    whole = all(row.state == "held" for row in manifests) and all(file.state == "held" for file in files)
    dossier.reason = faults[0][:REASON_LENGTH_MAX] if faults else None
    dossier.state = "unverified" if faults else "complete" if whole else "pending"
