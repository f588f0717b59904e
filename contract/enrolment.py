"""A box introduces itself to a centre with a one-time token, and the two pin each other's keys."""

import base64
import hashlib
from typing import ClassVar

from pydantic import Field

from contract.document import Document
from contract.errors import MalformedError
from contract.ids import Slug

TOKEN_SECRET_BYTES = 32
TOKEN_PIN_BYTES = 16
TOKEN_LIFETIME_S = 900
PUBLIC_KEY_PATTERN = r"^[A-Za-z0-9+/]{43}=$"  # base64 of the 32 raw bytes


class Introduction(Document):
    """`POST /api/boxes`, signed with the private half of `public_key`."""

    SCHEMA: ClassVar[str] = "xunjian.introduction/1"

    token: str
    box_id: Slug
    public_key: str = Field(pattern=PUBLIC_KEY_PATTERN)
    software: str


class Welcome(Document):
    """The centre's answer, signed by the centre's key. credentials: none until boxes get certificates."""

    SCHEMA: ClassVar[str] = "xunjian.welcome/1"

    box_id: Slug
    tenant: Slug
    site: Slug
    public_key: str = Field(pattern=PUBLIC_KEY_PATTERN)
    broker: str  # mqtt://HOST:PORT
    credentials: None = None


def make_token(secret: bytes, centre_public_key: bytes) -> str:
    """base32 of the secret (32 bytes) and the first 16 bytes of sha256 of the centre's raw public key."""
    pin = hashlib.sha256(centre_public_key).digest()[:TOKEN_PIN_BYTES]
    return base64.b32encode(secret + pin).decode().rstrip("=").lower()


def token_pin(token: str) -> bytes:
    """The 16 bytes that the centre's key must hash to. Raises MalformedError for anything that is not a token."""
    text = token.strip().upper()
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError as error:
        raise MalformedError("this is not a token: make one with `xunjian central token DIR`") from error
    if len(raw) != TOKEN_SECRET_BYTES + TOKEN_PIN_BYTES:
        raise MalformedError("this token is cut short or too long: make one with `xunjian central token DIR`")
    return raw[TOKEN_SECRET_BYTES:]
