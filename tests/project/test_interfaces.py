"""The interface documents: what is committed is what the code says, and valid by the specifications' own schemas."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from bootstrap import ASYNCAPI_SCHEMA, ASYNCAPI_SHA256
from central.openapi import openapi_text
from contract import topics
from contract.asyncapi import asyncapi, asyncapi_text
from contract.signing import SigningKey
from tests.contract.examples import incident_report
from tests.project.sources import ROOT

ASYNCAPI, OPENAPI = ROOT / "docs" / "asyncapi.json", ROOT / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def specification() -> jsonschema_rs.Validator:
    """AsyncAPI's own schema, 400 KB, which the tests' tools bring."""
    if not ASYNCAPI_SCHEMA.is_file():
        pytest.skip("no schema of AsyncAPI here; python3 bootstrap.py test-tools gets it, with npm and a network")
    content = ASYNCAPI_SCHEMA.read_bytes()
    assert hashlib.sha256(content).hexdigest() == ASYNCAPI_SHA256
    return jsonschema_rs.validator_for(json.loads(content))


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_committed_asyncapi_document_is_what_the_contract_says() -> None:
    assert ASYNCAPI.read_text(encoding="utf-8") == asyncapi_text(), "run: .venv/bin/python -m contract.asyncapi"


def test_the_committed_openapi_document_is_what_the_centre_serves() -> None:
    assert OPENAPI.read_text(encoding="utf-8") == openapi_text(), "run: .venv/bin/python -m central.openapi"


def test_the_openapi_document_is_valid_openapi() -> None:
    validate(read(OPENAPI))


def test_the_openapi_validator_sees_a_fault() -> None:
    broken = read(OPENAPI)
    broken["paths"]["/healthz"]["get"]["responses"] = []
    with pytest.raises(OpenAPIValidationError):
        validate(broken)


def test_the_asyncapi_document_is_valid_asyncapi(specification: jsonschema_rs.Validator) -> None:
    assert [error.message for error in specification.iter_errors(read(ASYNCAPI))] == []


def test_the_asyncapi_schema_sees_a_fault(specification: jsonschema_rs.Validator) -> None:
    broken = read(ASYNCAPI)
    broken["operations"]["send_incident"]["action"] = "publish"
    assert list(specification.iter_errors(broken))


def test_every_topic_is_a_channel_and_every_channel_a_topic() -> None:
    channels = asyncapi()["channels"]
    assert set(channels) == topics.FROM_BOX | topics.FROM_CENTRE
    for kind, channel in channels.items():
        topic = topics.parse(channel["address"].replace("{box}", "box-1").replace("{name}", "x"))
        assert topic.kind == kind
        assert {"box", *(("name",) if topic.name else ())} == set(channel["parameters"])


def test_every_reference_in_the_asyncapi_document_leads_to_something() -> None:
    document = asyncapi()
    for pointer in references(document):
        value: Any = document
        for step in pointer.removeprefix("#/").split("/"):
            assert step in value, pointer
            value = value[step]


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [pointer for item in value for pointer in references(item)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return own + [pointer for item in value.values() for pointer in references(item)]


def test_a_signed_report_is_what_the_asyncapi_document_describes() -> None:
    payload = asyncapi() | {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "allOf": [{"$ref": "#/components/schemas/IncidentReport/schema"}],
    }
    described = jsonschema_rs.validator_for(payload)
    report = json.loads(SigningKey.generate().sign(incident_report()))
    assert [error.message for error in described.iter_errors(report)] == []
    for change in ({"phase": "maybe"}, {"signature": {"key_id": 1}}, {"box_id": "No Id"}):
        assert list(described.iter_errors(report | change)), change
