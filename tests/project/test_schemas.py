"""A changed contract without a new version fails here."""

import json
from pathlib import Path

from pydantic import Field

from contract import schema_export
from contract.codec import DOCUMENTS
from contract.incident_report import IncidentReport


def test_every_committed_schema_is_the_one_that_the_code_makes() -> None:
    for document in DOCUMENTS:
        path = schema_export.FOLDER / schema_export.file_name(document)
        assert path.exists(), f"{document.SCHEMA} has no schema: python -m contract.schema_export"
        assert path.read_text(encoding="utf-8") == schema_export.schema_text(document), (
            f"{document.SCHEMA} changed: raise its version, keep the old schema file"
        )


def test_no_schema_file_is_without_its_document() -> None:
    names = {schema_export.file_name(document) for document in DOCUMENTS}
    assert {path.name for path in schema_export.FOLDER.glob("*.json")} == names


def test_the_export_refuses_to_overwrite_a_version(tmp_path: Path) -> None:
    assert schema_export.export(tmp_path) == []
    changed = tmp_path / schema_export.file_name(IncidentReport)
    schema = json.loads(changed.read_text(encoding="utf-8"))
    schema["properties"]["new_field"] = {"type": "string"}
    changed.write_text(json.dumps(schema), encoding="utf-8")
    assert schema_export.export(tmp_path) == ["xunjian.incident/1"]


def test_a_new_field_changes_the_schema() -> None:
    class Changed(IncidentReport):
        new_field: str = Field(default="")

    assert schema_export.schema_text(Changed) != schema_export.schema_text(IncidentReport)
