import hashlib
import os
from pathlib import Path

import pytest

from contract.enrolment import make_token, token_pin
from contract.errors import MalformedError, SignatureError
from contract.signing import PublicKey, SigningKey


def test_a_token_pins_the_centre_s_key() -> None:
    key = SigningKey.generate().public
    token = make_token(os.urandom(32), key.raw)
    assert token_pin(token + "\n") == hashlib.sha256(key.raw).digest()[:16]


@pytest.mark.parametrize("text", ["", "abc", "!!!", "a" * 400])
def test_what_is_not_a_token_says_how_to_make_one(text: str) -> None:
    with pytest.raises(MalformedError, match="xunjian central token"):
        token_pin(text)


def test_a_private_key_is_its_owner_s_alone(tmp_path: Path) -> None:
    key = SigningKey.generate()
    path = tmp_path / "box.key"
    key.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert SigningKey.load(path).public == key.public
    with pytest.raises(FileExistsError):
        key.save(path)
    path.chmod(0o644)
    with pytest.raises(SignatureError, match="chmod 600"):
        SigningKey.load(path)


def test_a_public_key_survives_pem_and_base64() -> None:
    key = SigningKey.generate().public
    assert PublicKey.from_pem(key.pem()) == key == PublicKey.from_base64(key.base64)
    with pytest.raises(SignatureError):
        PublicKey.from_base64("AAAA")
