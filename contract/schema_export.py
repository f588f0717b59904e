"""`python -m contract.schema_export [FOLDER]`: writes the JSON Schema of every document that has none yet.

A schema that is there is never overwritten with other content: a changed message needs a new version.
"""

import json
import sys
from pathlib import Path

from contract.codec import DOCUMENTS
from contract.document import Document

FOLDER = Path(__file__).parent / "schemas"


def file_name(document: type[Document]) -> str:
    return document.SCHEMA.replace("/", "-") + ".schema.json"


def schema_text(document: type[Document]) -> str:
    schema = document.model_json_schema(by_alias=True)
    schema["properties"]["schema"] = {"const": document.SCHEMA}
    schema["required"] = ["schema", *schema.get("required", [])]
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": document.SCHEMA, **schema}
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def export(folder: Path) -> list[str]:
    """The names of schemas that were changed without a new version; they are left as they were."""
    changed = []
    for document in DOCUMENTS:
        path = folder / file_name(document)
        if not path.exists():
            path.write_text(schema_text(document), encoding="utf-8")
        elif path.read_text(encoding="utf-8") != schema_text(document):
            changed.append(document.SCHEMA)
    return changed


def main() -> int:
    changed = export(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
    for name in changed:
        print(f"{name} changed without a new version: raise SCHEMA in its class", file=sys.stderr)
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
