"""Ed25519 signatures (RFC 8032) over the canonical bytes of a document without its `signature`."""

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract.codec import canonical, canonical_members, joined
from contract.document import Document
from contract.errors import SignatureError


@dataclass(frozen=True, slots=True)
class PublicKey:
    """raw: the 32 bytes of the key."""

    raw: bytes

    @property
    def key_id(self) -> str:
        return self.fingerprint[:16]

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def base64(self) -> str:
        return base64.b64encode(self.raw).decode()

    @classmethod
    def from_base64(cls, text: str) -> Self:
        """Raises SignatureError for anything but 32 bytes."""
        try:
            raw = base64.b64decode(text, validate=True)
        except ValueError as error:
            raise SignatureError("a public key is 32 bytes in base64") from error
        if len(raw) != 32:
            raise SignatureError("a public key is 32 bytes in base64")
        return cls(raw)

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Raises SignatureError for anything but an Ed25519 public key in PEM."""
        try:
            key = serialization.load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise SignatureError("not a public key in PEM") from error
        if not isinstance(key, Ed25519PublicKey):
            raise SignatureError("not an Ed25519 public key")
        return cls(key.public_bytes_raw())

    def pem(self) -> bytes:
        return Ed25519PublicKey.from_public_bytes(self.raw).public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def verify(self, document: dict[str, Any]) -> None:
        """Checks the received object minus `signature`, never a re-dump. Raises SignatureError."""
        signature = document.get("signature")
        if not isinstance(signature, dict) or signature.get("algorithm") != "ed25519":
            raise SignatureError("no Ed25519 signature")
        if signature.get("key_id") != self.key_id:
            raise SignatureError(f"signed by key {str(signature.get('key_id'))[:16]}, expected {self.key_id}")
        body = {name: value for name, value in document.items() if name != "signature"}
        try:
            value = base64.b64decode(str(signature.get("value")), validate=True)
            Ed25519PublicKey.from_public_bytes(self.raw).verify(value, canonical(body))
        except (ValueError, InvalidSignature) as error:
            raise SignatureError("the signature does not cover these bytes") from error


class SigningKey:
    """A private key; it never leaves the machine that made it."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = PublicKey(private.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises SignatureError when the file is absent, not a key, or readable by others."""
        try:
            if path.stat().st_mode & 0o077:
                raise SignatureError(f"{path} can be read by others: chmod 600 {path}")
            key = serialization.load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            raise SignatureError(f"{path} is not a private key that can be read: {error}") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise SignatureError(f"{path} is not an Ed25519 key")
        return cls(key)

    def save(self, path: Path) -> None:
        """Writes a new file, 0600. Raises FileExistsError rather than replace a key."""
        pem = self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())

    def sign_object(self, body: dict[str, Any]) -> dict[str, Any]:
        body = {name: value for name, value in body.items() if name != "signature"}
        return {**body, "signature": self._signature(canonical(body))}

    def sign(self, document: Document) -> bytes:
        """The canonical bytes of the signed document: the payload on the wire, or a file's content."""
        body = {name: value for name, value in document.to_object().items() if name != "signature"}
        members = canonical_members(body)  # once: a report's cost a millisecond
        return joined(members | canonical_members({"signature": self._signature(joined(members))}))

    def _signature(self, body: bytes) -> dict[str, str]:
        value = base64.b64encode(self._private.sign(body)).decode()
        return {"algorithm": "ed25519", "key_id": self.public.key_id, "value": value}
