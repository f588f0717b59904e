"""A small folder of sealed evidence, as a box would leave it."""

from datetime import timedelta
from pathlib import Path

from contract.codec import sha256_hex
from contract.evidence_manifest import ChainHead
from contract.ids import uuid7
from contract.signing import SigningKey
from tests.contract import examples


def seal_folder(folder: Path, incidents: int = 2, revisions: int = 3) -> SigningKey:
    """`incidents` x `revisions` links; revision 0 carries a key frame and its annotated derivative."""
    key = SigningKey.generate()
    previous: str | None = None
    sequence = 0
    for number in range(incidents):
        incident_id = uuid7(examples.NOW + timedelta(seconds=number))  # so that names sort as the chain does
        place = folder / "incidents" / incident_id
        place.mkdir(parents=True)
        for revision in range(revisions):
            sequence += 1
            items = []
            if revision == 0:
                original, derived = f"frame {number}".encode(), f"drawn {number}".encode()
                items.append(examples.evidence_item(original))
                items.append(examples.evidence_item(derived, "image/jpeg", "annotated", derived_from=items[0].sha256))
                for item, data in zip(items, (original, derived), strict=True):
                    (place / item.file_name).write_bytes(data)
            manifest = examples.evidence_manifest(
                *items,
                incident_id=incident_id,
                revision=revision,
                report_seq=sequence,
                chain_seq=sequence,
                previous_sha256=previous,
            )
            data = key.sign(manifest)
            (place / f"{revision}.manifest.json").write_bytes(data)
            previous = sha256_hex(data)
    assert previous
    head = ChainHead(box_id="box-1", seq=sequence, sha256=previous)
    (folder / "chain_head.json").write_bytes(key.sign(head))
    (folder / "box.pub").write_bytes(key.public.pem())
    return key
