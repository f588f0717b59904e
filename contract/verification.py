"""`xunjian verify PATH [--key PUB | --ca PEM]`: is this evidence what the box sealed?"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contract.errors import ContractError, SignatureError
from contract.evidence_folder import Findings, MismatchError, verify_folder
from contract.signing import PublicKey


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="xunjian verify", description=__doc__)
    parser.add_argument("path", type=Path, metavar="PATH", help="a box's folder, a replay's, or an export bundle")
    pin = parser.add_mutually_exclusive_group()
    pin.add_argument("--key", type=Path, metavar="PUB", help="the box's public key in PEM")
    pin.add_argument("--ca", type=Path, metavar="PEM", help="the authority that signed box.crt in the folder")
    options = parser.parse_args(argv)
    try:
        key, pinned = _key_of(options.path, options.key, options.ca)
        findings = verify_folder(options.path, key)
    except MismatchError as error:
        print(f"xunjian verify: {error}", file=sys.stderr)
        return 1
    except (ContractError, OSError) as error:
        print(f"xunjian verify: {error}", file=sys.stderr)
        return 1
    print(_summary(findings))
    print(
        f"key sha256 {key.fingerprint}" + ("" if pinned else " (not pinned: give --key or --ca to be sure whose it is)")
    )
    return 0


def _key_of(folder: Path, key: Path | None, authority: Path | None) -> tuple[PublicKey, bool]:
    """The key to check against and whether the caller vouches for it. Raises SignatureError, OSError."""
    if not folder.is_dir():
        raise SignatureError(f"{folder} is not a folder")
    if key is not None:
        return PublicKey.from_pem(key.read_bytes()), True
    if authority is not None:
        return _certified_key(folder / "box.crt", authority), True
    own = folder / "box.pub"
    if not own.is_file():
        raise SignatureError(f"{own} is missing: give the box's public key with --key")
    return PublicKey.from_pem(own.read_bytes()), False


def _certified_key(certificate: Path, authority: Path) -> PublicKey:
    if not certificate.is_file():
        raise SignatureError(f"{certificate} is missing: --ca needs the box's certificate beside the evidence")
    try:
        box = x509.load_pem_x509_certificate(certificate.read_bytes())
        issuer = x509.load_pem_x509_certificate(authority.read_bytes())
        box.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise SignatureError(f"{certificate} was not issued by {authority}") from error
    key = box.public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise SignatureError(f"{certificate} does not hold an Ed25519 key")
    return PublicKey(key.public_bytes_raw())


def _summary(findings: Findings) -> str:
    lines = [f"verified {findings.manifests} manifests, {findings.files} files, {findings.bytes} bytes"]
    if findings.removed:
        lines.append(f"removed on purpose (signed tombstone): {findings.removed} files")
    if findings.outside:
        lines.append("outside this bundle: links " + ", ".join(findings.outside))
    if findings.unsealed:
        lines.append(f"not sealed by any manifest: {findings.unsealed} files")
    return "\n".join(lines)
