"""Checks a folder of sealed evidence: every signature, the chain, every size and hash.

Takes a box's folder, a replay's, or an export bundle. Reads only; knows no box, so that anybody can run it.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from contract.codec import D, decode, parse, sha256_hex
from contract.errors import ContractError
from contract.evidence_manifest import (
    MANIFEST_BYTES_MAX,
    Bundle,
    ChainHead,
    EvidenceItem,
    EvidenceManifest,
    Tombstone,
)
from contract.signing import PublicKey

READ_BYTES = 1 << 20
MANIFEST_SUFFIX = ".manifest.json"
DERIVED_ROLES = frozenset({"annotated", "thumbnail"})


class MismatchError(Exception):
    """`path` is the first thing that does not match, relative to the folder."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


@dataclass(frozen=True, slots=True)
class Link:
    """One manifest with the hash of its bytes, which the next one names."""

    path: str
    folder: Path
    sha256: str
    manifest: EvidenceManifest


@dataclass(slots=True)
class Findings:
    manifests: int = 0
    files: int = 0
    bytes: int = 0
    removed: int = 0  # files that a signed tombstone names
    outside: list[str] = field(default_factory=list)  # links that a bundle does not hold
    unsealed: int = 0  # media that no manifest names


def verify_folder(folder: Path, key: PublicKey) -> Findings:
    """Raises MismatchError at the first thing that does not match."""
    findings = Findings()
    bundle = _signed(folder, folder / "bundle.json", key, Bundle) if (folder / "bundle.json").exists() else None
    links = sorted(_links(folder, key), key=lambda link: link.manifest.chain_seq)
    if not links:
        raise MismatchError("incidents", "no manifest is here: give the folder that holds incidents/")
    findings.manifests = len(links)
    _check_chain(links, bundle, findings)
    if bundle is None:
        _check_head(folder, links, key)
    removed = {
        sha256
        for path in sorted(folder.glob("**/*.tombstone.json"))
        for sha256 in _signed(folder, path, key, Tombstone).files
    }
    _check_derivations(links)
    for link in links:
        for item in link.manifest.items:
            _check_file(folder, link, item, removed, findings)
    sealed = {link.folder / item.file_name for link in links for item in link.manifest.items}
    media = (path for path in folder.glob("incidents/*/*") if path.is_file() and not path.name.endswith(".json"))
    findings.unsealed = sum(1 for path in media if path not in sealed)
    return findings


def _signed(folder: Path, path: Path, key: PublicKey, kind: type[D]) -> D:
    name = str(path.relative_to(folder))
    try:
        received = parse(_read(path, name), MANIFEST_BYTES_MAX)
        key.verify(received)
        return decode(received, kind)
    except ContractError as error:
        raise MismatchError(name, str(error)) from error


def _read(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MANIFEST_BYTES_MAX + 1)
    except OSError as error:
        raise MismatchError(name, f"cannot be read: {error.strerror}") from error


def _links(folder: Path, key: PublicKey) -> list[Link]:
    links = []
    for path in sorted(folder.glob(f"incidents/*/*{MANIFEST_SUFFIX}")):
        name = str(path.relative_to(folder))
        manifest = _signed(folder, path, key, EvidenceManifest)
        if (path.parent.name, path.name) != (manifest.incident_id, f"{manifest.revision}{MANIFEST_SUFFIX}"):
            raise MismatchError(name, f"is the manifest of {manifest.incident_id} revision {manifest.revision}")
        links.append(Link(name, path.parent, sha256_hex(_read(path, name)), manifest))
    return links


def _check_chain(links: list[Link], bundle: Bundle | None, findings: Findings) -> None:
    expected_seq, previous = 1, None
    for link in links:
        manifest = link.manifest
        if manifest.box_id != links[0].manifest.box_id:
            raise MismatchError(link.path, f"is of box {manifest.box_id}, the others of {links[0].manifest.box_id}")
        if manifest.chain_seq != manifest.report_seq:
            raise MismatchError(link.path, "chain_seq is not report_seq")
        if manifest.chain_seq < expected_seq:
            raise MismatchError(link.path, f"chain_seq {manifest.chain_seq} stands twice")
        if manifest.chain_seq > expected_seq:
            gap = f"{expected_seq}..{manifest.chain_seq - 1}"
            if bundle is None:
                raise MismatchError(link.path, f"the chain lacks {gap} before it")
            findings.outside.append(gap)
        elif (manifest.previous_sha256 or None) != (previous.sha256 if previous else None):
            raise MismatchError(link.path, "previous_sha256 is not the hash of the manifest before it")
        if bundle is not None and manifest.incident_id not in bundle.incident_ids:
            raise MismatchError(link.path, "is of an incident that the bundle does not name")
        expected_seq, previous = manifest.chain_seq + 1, link


def _check_head(folder: Path, links: list[Link], key: PublicKey) -> None:
    path = folder / "chain_head.json"
    if not path.exists():
        return
    head = _signed(folder, path, key, ChainHead)
    if head.seq > len(links):
        raise MismatchError(
            "chain_head.json", f"names link {head.seq}, the newest here is {len(links)}: a tail is gone"
        )
    if links[head.seq - 1].sha256 != head.sha256:
        raise MismatchError(links[head.seq - 1].path, "is not the link that chain_head.json names")


def _check_derivations(links: list[Link]) -> None:
    known: dict[str, set[str]] = {}
    for link in links:
        known.setdefault(link.manifest.incident_id, set()).update(item.sha256 for item in link.manifest.items)
    for link in links:
        for item in link.manifest.items:
            if item.role in DERIVED_ROLES and item.derived_from not in known[link.manifest.incident_id]:
                raise MismatchError(link.path, f"{item.role} {item.sha256[:12]} names no original of this incident")


def _check_file(folder: Path, link: Link, item: EvidenceItem, removed: set[str], findings: Findings) -> None:
    path = link.folder / item.file_name
    name = str(path.relative_to(folder))
    if not path.is_file():
        if item.sha256 in removed:
            findings.removed += 1
            return
        raise MismatchError(name, f"is missing, {link.path} names it")
    size = path.stat().st_size
    if size != item.bytes:
        raise MismatchError(name, f"has {size} bytes, the manifest says {item.bytes}")
    if _sha256_of_file(path) != item.sha256:
        raise MismatchError(name, "its sha256 is not the one in the manifest")
    findings.files += 1
    findings.bytes += size


def _sha256_of_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
