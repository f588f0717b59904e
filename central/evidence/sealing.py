"""A manifest has come: is it the one that its report named, signed by the box, and what files does it list?"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from central.devices.box import Owner
from central.evidence.repository import assess_evidence
from central.evidence.tables import File, Item, Manifest
from contract import codec
from contract.acknowledgement import FileReceipt
from contract.errors import ContractError
from contract.evidence_manifest import MANIFEST_BYTES_MAX, EvidenceItem, EvidenceManifest

ITEMS_MAX = 64  # as many as a manifest may list
UNSEALED = "unverified_manifest"


class SealError(Exception):
    """The manifest cannot stand as evidence; the message says why."""


def take_manifest(session: Session, row: Manifest, owner: Owner, content: bytes, now: datetime) -> list[FileReceipt]:
    """content: hashes to `row.sha256`. A manifest that does not hold is kept and marked, with the reason.

    Gives the receipts of files that it alone lists when it does not hold: nothing else will ever ask for them.
    """
    row.stored_at = now
    refused: list[FileReceipt] = []
    try:
        manifest = _examine(row, owner, content)
        _list_files(session, owner.box_id, manifest)
    except SealError as error:
        row.state, row.reason = "unverified", str(error)[:300]
        refused = _refuse_files(session, owner.box_id, content)
    else:
        row.state, row.previous_sha256 = "held", manifest.previous_sha256
    session.flush()
    for incident_id in {row.incident_id, *_joined(session, row)}:
        assess_evidence(session, incident_id)
    return refused


def refusal(file: File) -> FileReceipt:
    """The final answer about a file that no manifest which holds lists."""
    return FileReceipt(sha256=file.sha256, bytes=file.bytes, result="rejected", reason=UNSEALED)


def take_file(session: Session, file: File, fault: str | None, now: datetime) -> None:
    """All its bytes are durable here. fault: what it is not."""
    file.state, file.fault, file.stored_at = "held", fault, now
    session.flush()
    incidents = select(Item.incident_id).where(Item.box_id == file.box_id, Item.sha256 == file.sha256).distinct()
    for incident_id in session.scalars(incidents).all():
        assess_evidence(session, incident_id)


def _examine(row: Manifest, owner: Owner, content: bytes) -> EvidenceManifest:
    if row.key_id != owner.key.key_id:
        raise SealError("the box has another key by now: its earlier one is not at hand to check this")
    try:
        document = codec.parse(content, MANIFEST_BYTES_MAX)
        owner.key.verify(document)
        manifest = codec.decode(document, EvidenceManifest)
    except ContractError as error:
        raise SealError(str(error)) from error
    said = (manifest.box_id, manifest.incident_id, manifest.revision, manifest.report_seq, manifest.chain_seq)
    if said != (row.box_id, row.incident_id, row.revision, row.report_seq, row.report_seq):
        raise SealError("it belongs to another report than the one that names it")
    return manifest


def _refuse_files(session: Session, box_id: str, content: bytes) -> list[FileReceipt]:
    """Of the files that an unverified manifest names, those that no manifest which holds listed before it."""
    try:
        said = codec.parse(content, MANIFEST_BYTES_MAX).get("items")
    except ContractError:
        return []
    named: dict[str, EvidenceItem] = {}
    for entry in said[:ITEMS_MAX] if isinstance(said, list) else []:
        with suppress(ValidationError):
            item = EvidenceItem.model_validate(entry)
            named.setdefault(item.sha256, item)
    for known in session.scalars(select(File).where(File.box_id == box_id, File.sha256.in_(named))):
        if known.state != "refused":
            del named[known.sha256]
    refused = [
        session.merge(File(box_id=box_id, sha256=sha256, bytes=item.bytes, media_type=item.media_type, state="refused"))
        for sha256, item in named.items()
    ]
    return [refusal(file) for file in refused]


def _list_files(session: Session, box_id: str, manifest: EvidenceManifest) -> None:
    hashes = {item.sha256 for item in manifest.items}
    known = {
        file.sha256: file
        for file in session.scalars(select(File).where(File.box_id == box_id, File.sha256.in_(hashes)))
    }
    files = dict(known)
    for item in manifest.items:
        file = files.setdefault(
            item.sha256, File(box_id=box_id, sha256=item.sha256, bytes=item.bytes, media_type=item.media_type)
        )
        if file.state == "refused":  # by a manifest that did not hold; this one does
            file.state, file.bytes, file.media_type = "pending", item.bytes, item.media_type
        if (file.bytes, file.media_type) != (item.bytes, item.media_type):
            raise SealError(f"it gives {item.sha256[:12]} another length or type than before")
    session.add_all(file for sha256, file in files.items() if sha256 not in known)
    session.flush()
    session.add_all(
        Item(
            incident_id=manifest.incident_id,
            revision=manifest.revision,
            position=position,
            box_id=box_id,
            sha256=item.sha256,
            role=item.role,
            captured_first=item.captured_first,
            captured_last=item.captured_last,
            derived_from=item.derived_from,
            tool=item.tool[:100] if item.tool else None,
            redacted=item.redacted,
        )
        for position, item in enumerate(manifest.items)
    )


def _joined(session: Session, row: Manifest) -> list[str]:
    """The incident of the next link, whose joint to this one can be checked now."""
    return _next_links(session, [(row.box_id, row.key_id, row.report_seq + 1)])


def reassess_next(session: Session, numbers: Iterable[tuple[str, str, int]]) -> None:
    """Reports (box, key, number) came after the manifest of the number behind them: that joint can be judged now."""
    for incident_id in set(_next_links(session, [(box_id, key_id, seq + 1) for box_id, key_id, seq in numbers])):
        assess_evidence(session, incident_id)


def _next_links(session: Session, numbers: list[tuple[str, str, int]]) -> list[str]:
    number = tuple_(Manifest.box_id, Manifest.key_id, Manifest.report_seq)
    return list(session.scalars(select(Manifest.incident_id).where(number.in_(numbers), Manifest.state == "held")))
