import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.codec import canonical, canonical_members, decode, joined, parse
from contract.errors import MalformedError, SchemaError, SignatureError, VersionError
from contract.ids import INTEGER_MAX
from contract.incident_report import IncidentReport
from contract.signing import SigningKey
from tests.contract import examples

TEN_YEARS_MS = 10 * 366 * 24 * 3600 * 1000


def test_what_was_signed_verifies_and_decodes_to_the_same_report() -> None:
    key = SigningKey.generate()
    report = examples.incident_report()
    received = parse(key.sign(report), 131_072)
    key.public.verify(received)
    assert decode(received, IncidentReport).model_copy(update={"signature": None}) == report


def test_fields_of_a_later_minor_version_are_kept_and_covered() -> None:
    key = SigningKey.generate()
    body = {**examples.incident_report().to_object(), "later_field": {"a": 1}}
    received = parse(canonical(key.sign_object(body)), 131_072)
    key.public.verify(received)
    assert decode(received, IncidentReport).to_object()["later_field"] == {"a": 1}
    received["later_field"]["a"] = 2
    with pytest.raises(SignatureError):
        key.public.verify(received)


def test_another_key_does_not_verify() -> None:
    received = parse(SigningKey.generate().sign(examples.incident_report()), 131_072)
    with pytest.raises(SignatureError):
        SigningKey.generate().public.verify(received)


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff\xfe", b"[]", b"1", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'{"a": 9007199254740992}', b"{" * 10_000],
)
def test_what_is_not_one_strict_json_object_is_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedError):
        parse(payload, 131_072)


def test_a_payload_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(MalformedError, match="at most"):
        parse(b" " * 200_000, 131_072)


def test_deep_nesting_is_malformed_not_a_crash() -> None:
    with pytest.raises(MalformedError):
        parse(b'{"a":' * 40 + b"1" + b"}" * 40, 131_072)


def test_another_major_version_is_a_version_error() -> None:
    body = examples.incident_report().to_object() | {"schema": "xunjian.incident/2"}
    with pytest.raises(VersionError):
        decode(body, IncidentReport)


def test_a_wrong_field_is_named() -> None:
    body = examples.incident_report().to_object()
    body["time"]["opened"] = "yesterday"
    with pytest.raises(SchemaError, match=r"time\.opened"):
        decode(body, IncidentReport)


def test_ten_years_of_uptime_stay_below_what_jcs_takes() -> None:
    assert TEN_YEARS_MS < INTEGER_MAX
    report = examples.incident_report(
        time=examples.incident_report().time.model_copy(update={"monotonic_ms": TEN_YEARS_MS}), report_seq=INTEGER_MAX
    )
    assert json.loads(canonical(report.to_object()))["report_seq"] == INTEGER_MAX


@given(
    st.dictionaries(st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.booleans())
)
def test_canonical_bytes_are_the_same_whatever_the_order_of_the_keys(value: dict[str, object]) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())))


@example({"\uff21": 1, "\U0001f600": 2, "a": [3]})
@given(st.dictionaries(st.text(max_size=4), st.none() | st.integers(-9, 9) | st.lists(st.text(max_size=3)), max_size=6))
def test_an_object_put_together_of_its_members_is_what_it_is_in_one_piece(value: dict[str, object]) -> None:
    """Names beyond the basic plane sort by their UTF-16, before some that their number is above."""
    assert joined(canonical_members(value)) == canonical(value)


def test_a_signed_document_is_the_canonical_bytes_of_itself() -> None:
    key = SigningKey.generate()
    report = examples.incident_report()
    payload = key.sign(report)
    assert payload == canonical(key.sign_object(report.to_object()))
    assert key.sign(IncidentReport.model_validate(json.loads(payload))) == payload, "an old signature is not covered"
