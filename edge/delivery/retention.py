"""Media that the centre holds leave the box; a signed tombstone says so first, and the chain of manifests stays."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from contract import codec
from contract.evidence_manifest import MANIFEST_BYTES_MAX, EvidenceItem, EvidenceManifest, Tombstone
from contract.ids import rfc3339
from contract.signing import SigningKey
from edge.delivery.outbox import Outbox
from edge.evidence.store import StoreError
from models.durable_file import write_durably

REASON = "the centre holds them; older than {days} days"


@dataclass(frozen=True, slots=True)
class Removed:
    incidents: int = 0
    files: int = 0
    bytes: int = 0


def remove_delivered(outbox: Outbox, incidents: Path, key: SigningKey, *, now: datetime, days: int) -> Removed:
    """Of every incident that is over, older than that, and of which the centre acknowledged each revision and file.

    incidents: the folder with one for each. Killed under way, it leaves files that a tombstone names: they go the next
    time. Raises OutboxError, StoreError, and ContractError for a row that is damaged.
    """
    count = files = size = 0
    for incident_id, manifests in outbox.delivered(now - timedelta(days=days)):
        read = [codec.decode(codec.parse(one, MANIFEST_BYTES_MAX), EvidenceManifest) for one in manifests]
        items = {item.sha256: item for manifest in read for item in manifest.items}
        lying = [item for item in items.values() if (incidents / incident_id / item.file_name).is_file()]
        if not lying or not outbox.holds_nothing_unstored(items):
            continue
        tombstone = Tombstone(
            box_id=read[0].box_id,
            files=tuple(sorted(items)),
            reason=REASON.format(days=days),
            removed=rfc3339(now),
        )
        try:
            _remove(incidents / incident_id, lying, key.sign(tombstone))
        except OSError as error:
            raise StoreError(f"{incidents / incident_id}: media cannot be removed ({error.strerror})") from error
        count, files, size = count + 1, files + len(lying), size + sum(item.bytes for item in lying)
    return Removed(count, files, size)


def _remove(folder: Path, items: list[EvidenceItem], tombstone: bytes) -> None:
    """The tombstone is durable before the first file goes. Its name is a file's, so that a start keeps it."""
    write_durably(folder / f"{min(item.sha256 for item in items)}.tombstone.json", tombstone)
    for item in items:
        (folder / item.file_name).unlink()
