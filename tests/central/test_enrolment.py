import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from central.devices.enrolment import EnrolmentError, TokenScope, introduce, issue_token
from central.devices.repository import list_boxes
from central.devices.tables import Token
from contract import codec
from contract.enrolment import Introduction, Welcome, make_token
from contract.signing import PublicKey, SigningKey
from tests.central.boxes import NOW, Centre

BROKER = "mqtt://127.0.0.1:1883"


@pytest.fixture
def centre(database_url: str) -> Iterator[Centre]:
    made = Centre.make(database_url)
    yield made
    made.database.close()


def token(centre: Centre, scope: TokenScope | None = None) -> str:
    with centre.database.writing() as session:
        return issue_token(session, centre.key.public, scope or TokenScope(), NOW)


def introduction(key: SigningKey, token: str, **fields: Any) -> bytes:
    values = {"token": token, "box_id": "box-1", "public_key": key.public.base64, "software": "0.1.0"} | fields
    return key.sign(Introduction(**values))


def send(centre: Centre, payload: bytes, now: datetime = NOW) -> Welcome:
    with centre.database.writing() as session:
        answer = introduce(session, centre.key, BROKER, payload, now)
    document = codec.parse(answer, 16_384)
    centre.key.public.verify(document)
    return codec.decode(document, Welcome)


def test_a_box_with_a_fresh_token_is_registered_where_the_token_says(centre: Centre) -> None:
    key = SigningKey.generate()
    welcome = send(centre, introduction(key, token(centre, TokenScope("city", "gate-3"))))
    assert (welcome.tenant, welcome.site, welcome.broker) == ("city", "gate-3", BROKER)
    assert PublicKey.from_base64(welcome.public_key) == centre.key.public
    with centre.database.reading() as session:
        assert [(box.box_id, box.site, box.key_id) for box in list_boxes(session)] == [
            ("box-1", "gate-3", key.public.key_id)
        ]


def test_the_same_token_and_key_get_the_same_answer_within_its_lifetime(centre: Centre) -> None:
    payload = introduction(SigningKey.generate(), token(centre))
    assert send(centre, payload) == send(centre, payload, NOW + timedelta(minutes=14))


def test_a_token_is_good_once_for_15_minutes_and_for_its_own_box_only(centre: Centre) -> None:
    used = token(centre)
    send(centre, introduction(SigningKey.generate(), used))
    for_other = token(centre, TokenScope(box_id="box-2"))
    refused = {
        "used": (introduction(SigningKey.generate(), used, box_id="box-9"), NOW),
        "expired": (introduction(SigningKey.generate(), token(centre)), NOW + timedelta(minutes=15)),
        "another box": (introduction(SigningKey.generate(), for_other), NOW),
        "not made by this centre": (introduction(SigningKey.generate(), make_token(b"x" * 32, b"k" * 32)), NOW),
        "cut short": (introduction(SigningKey.generate(), "hello"), NOW),
    }
    for word, (payload, now) in refused.items():
        with pytest.raises(EnrolmentError, match=word) as caught:
            send(centre, payload, now)
        assert caught.value.reason == "token"


def test_an_id_that_is_taken_needs_a_token_made_for_it(centre: Centre) -> None:
    old, new = SigningKey.generate(), SigningKey.generate()
    send(centre, introduction(old, token(centre)))
    with pytest.raises(EnrolmentError, match="--box box-1") as caught:
        send(centre, introduction(new, token(centre)))
    assert caught.value.reason == "taken"
    send(centre, introduction(new, token(centre, TokenScope(box_id="box-1"))))
    with centre.database.reading() as session:
        assert [box.key_id for box in list_boxes(session)] == [new.public.key_id]


def test_a_known_box_may_introduce_itself_again_with_its_own_key(centre: Centre) -> None:
    key = SigningKey.generate()
    send(centre, introduction(key, token(centre)))
    send(centre, introduction(key, token(centre, TokenScope(site="yard"))))


def test_an_introduction_signed_by_another_key_than_it_names_is_refused(centre: Centre) -> None:
    payload = introduction(SigningKey.generate(), token(centre), public_key=SigningKey.generate().public.base64)
    with pytest.raises(EnrolmentError) as caught:
        send(centre, payload)
    assert caught.value.reason == "signature"


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'{"schema":"xunjian.introduction/1"}', b"\xff"])
def test_garbage_is_refused_and_uses_up_no_token(centre: Centre, payload: bytes) -> None:
    with pytest.raises(EnrolmentError):
        send(centre, payload)


def test_only_the_hash_of_a_token_is_stored(centre: Centre) -> None:
    secret = token(centre).strip()
    with centre.database.reading() as session:
        (row,) = session.query(Token)
        stored = str(vars(row)).lower()
    assert secret.lower() not in stored
    assert row.token_sha256 == hashlib.sha256(secret.lower().encode()).hexdigest()
