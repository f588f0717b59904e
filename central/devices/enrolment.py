"""A box introduces itself: one token, one box, one answer."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from central.devices.running import forget_running
from central.devices.tables import Box, Token
from contract import codec
from contract.enrolment import TOKEN_LIFETIME_S, TOKEN_SECRET_BYTES, Introduction, Welcome, make_token, token_pin
from contract.errors import ContractError
from contract.signing import PublicKey, SigningKey

INTRODUCTION_BYTES_MAX = 16_384
TOKEN_HINT = "make a new one with `xunjian central token DIR`"  # noqa: S105 - no secret


class EnrolmentError(Exception):
    """reason: `malformed`, `signature`, `token`, `taken`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TokenScope:
    """Where a box that uses the token will stand; box_id: the only box that may use it."""

    tenant: str = "default"
    site: str = "default"
    box_id: str | None = None


def issue_token(session: Session, key: PublicKey, scope: TokenScope, now: datetime) -> str:
    """A new token, good once and for 15 minutes. Only its hash is kept."""
    token = make_token(secrets.token_bytes(TOKEN_SECRET_BYTES), key.raw)
    session.add(
        Token(
            token_sha256=_hash(token),
            made_at=now,
            expires_at=now + timedelta(seconds=TOKEN_LIFETIME_S),
            tenant=scope.tenant,
            site=scope.site,
            box_id=scope.box_id,
        )
    )
    return token


def introduce(session: Session, key: SigningKey, broker: str, payload: bytes, now: datetime) -> bytes:
    """Registers the box and gives the signed Welcome. Raises EnrolmentError, having changed nothing."""
    introduction, public_key = _examine(payload)
    token = _usable_token(session, key, introduction, now)
    if token.answer is not None:
        return token.answer
    box = session.get(Box, introduction.box_id)
    if box is not None and box.public_key != public_key.base64 and token.box_id != box.box_id:
        raise EnrolmentError(
            "taken",
            f"{box.box_id} is another box's id: choose another, or make a token for it with --box {box.box_id}",
        )
    _register(session, box, introduction, token, now)
    welcome = Welcome(
        box_id=introduction.box_id,
        tenant=token.tenant,
        site=token.site,
        public_key=key.public.base64,
        broker=broker,
    )
    token.answer = key.sign(welcome)
    token.used_at, token.used_by, token.used_key = now, introduction.box_id, public_key.base64
    return token.answer


def _examine(payload: bytes) -> tuple[Introduction, PublicKey]:
    try:
        document = codec.parse(payload, INTRODUCTION_BYTES_MAX)
        introduction = codec.decode(document, Introduction)
        public_key = PublicKey.from_base64(introduction.public_key)
        public_key.verify(document)
    except ContractError as error:
        reason = "signature" if error.reason == "signature" else "malformed"
        raise EnrolmentError(reason, f"the introduction cannot be taken: {error}") from error
    return introduction, public_key


def _usable_token(session: Session, key: SigningKey, introduction: Introduction, now: datetime) -> Token:
    try:
        pin = token_pin(introduction.token)
    except ContractError as error:
        raise EnrolmentError("token", str(error)) from error
    token = session.get(Token, _hash(introduction.token))
    if pin != hashlib.sha256(key.public.raw).digest()[: len(pin)] or token is None:
        raise EnrolmentError("token", f"this token was not made by this centre: {TOKEN_HINT}")
    if now >= token.expires_at:
        raise EnrolmentError("token", f"this token has expired: {TOKEN_HINT}")
    if token.box_id is not None and token.box_id != introduction.box_id:
        raise EnrolmentError("token", f"this token is for another box: {TOKEN_HINT} --box {introduction.box_id}")
    if token.used_key is not None and (token.used_by, token.used_key) != (
        introduction.box_id,
        introduction.public_key,
    ):
        raise EnrolmentError("token", f"this token has been used: {TOKEN_HINT}")
    return token


def _register(session: Session, box: Box | None, introduction: Introduction, token: Token, now: datetime) -> None:
    public_key = PublicKey.from_base64(introduction.public_key)
    if box is None:
        box = Box(box_id=introduction.box_id)
        session.add(box)
    elif box.public_key != public_key.base64:
        forget_running(session, box.box_id)
    if box.public_key != public_key.base64:  # a new key is a new chain: its numbers and sessions begin again
        box.public_key, box.key_id = public_key.base64, public_key.key_id
        box.session, box.uptime_s, box.high_water, box.chain_seq, box.chain_sha256 = 0, 0.0, 0, 0, None
        box.availability, box.availability_at, box.heartbeat, box.heartbeat_at = "unknown", None, None, None
    box.tenant, box.site = token.tenant, token.site
    box.software = introduction.software[:64]
    box.enrolled_at = now


def _hash(token: str) -> str:
    return hashlib.sha256(token.strip().lower().encode()).hexdigest()
