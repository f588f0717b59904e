"""A box introduces itself to its centre, and refuses one whose key is not the one that the token names."""

import hashlib

import httpx

from contract import codec
from contract.enrolment import TOKEN_PIN_BYTES, Introduction, Welcome, token_pin
from contract.errors import ContractError
from contract.signing import PublicKey, SigningKey
from edge.delivery.errors import EnrolmentError

WELCOME_BYTES_MAX = 16_384
TIMEOUT_S = 15.0


def enrol(centre_url: str, token: str, box_id: str, key: SigningKey, software: str) -> Welcome:
    """POST /api/boxes. Raises EnrolmentError: one line that says what to do; nothing is kept on the box's side."""
    try:
        pin = token_pin(token)
    except ContractError as error:
        raise EnrolmentError(str(error)) from error
    introduction = Introduction(token=token.strip(), box_id=box_id, public_key=key.public.base64, software=software)
    return _read_welcome(_post(centre_url, key.sign(introduction)), pin, box_id)


def _post(centre_url: str, introduction: bytes) -> bytes:
    url = f"{centre_url.rstrip('/')}/api/boxes"
    headers = {"Content-Type": "application/json"}
    try:
        answer = httpx.post(url, content=introduction, headers=headers, timeout=TIMEOUT_S, follow_redirects=False)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise EnrolmentError(f"{centre_url!r} is not a centre's address: write http://HOST:PORT") from error
    except httpx.HTTPError as error:
        raise EnrolmentError(f"the centre at {centre_url} does not answer: {error}; is it running there?") from error
    if answer.status_code != httpx.codes.OK:
        raise EnrolmentError(f"the centre refused this box ({answer.status_code}): {_said(answer)}")
    return answer.content


def _said(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])[:300]
    except (ValueError, KeyError, TypeError):
        return "it gave no reason; is this the address of a centre?"


def _read_welcome(payload: bytes, pin: bytes, box_id: str) -> Welcome:
    try:
        value = codec.parse(payload, WELCOME_BYTES_MAX)
        welcome = codec.decode(value, Welcome)
        centre_key = PublicKey.from_base64(welcome.public_key)
        centre_key.verify(value)
    except ContractError as error:
        raise EnrolmentError(f"the answer is not a centre's welcome: {error}") from error
    if hashlib.sha256(centre_key.raw).digest()[:TOKEN_PIN_BYTES] != pin:
        raise EnrolmentError(
            f"the centre there has key {centre_key.key_id}, the token was made by another: check the address,"
            " and make a token at that centre"
        )
    if welcome.box_id != box_id:
        raise EnrolmentError(f"the centre answered for {welcome.box_id!r}, this is {box_id!r}")
    return welcome
