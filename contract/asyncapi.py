"""`python -m contract.asyncapi [FILE]`: the topics of `contract.topics` and their documents as AsyncAPI 3.0.

Written from the box's side: it sends reports, it receives acknowledgements and commands.
"""

import json
import sys
from pathlib import Path
from typing import Any

from contract import topics
from contract.acknowledgement import Acknowledgement
from contract.command import BoxState, Command, CommandResult
from contract.document import Document
from contract.heartbeat import Availability, Heartbeat
from contract.incident_report import IncidentReport
from contract.schema_export import schema_text
from contract.still import Still

FILE = Path(__file__).parents[1] / "docs" / "asyncapi.json"
SCHEMA_FORMAT = "application/schema+json;version=draft-07"
RETAINED = frozenset({"availability", "state"})
OF_KIND: dict[str, tuple[type[Document], str]] = {
    "incident": (IncidentReport, "A revision of an incident: whole, signed, sent until the centre acknowledges it."),
    "heartbeat": (Heartbeat, "Every 30 s and at a change of state."),
    "availability": (Availability, "Retained; `offline` is the last will. An older session is ignored."),
    "acknowledgement": (
        Acknowledgement,
        "What the centre has stored or rejected; only this frees a row of the outbox.",
    ),
    "command": (Command, "Signed by the centre's key that the box pinned; versions never go back."),
    "result": (CommandResult, "Whether a command was applied or refused, and why."),
    "state": (BoxState, "Retained: what the box runs."),
    "still": (Still, "A pixelated JPEG of at most 20 KB, every 5 minutes."),
}
PARAMETERS = {
    "box": "box_id; the broker binds this level to the box's credentials",
    "command": "name of the command, such as config, rules, resend",
    "result": "command_id that it answers",
    "state": "config, rules, models or versions",
    "still": "camera_id",
}
DESCRIPTION = (
    "What crosses MQTT 5 between boxes and a centre. Payloads are canonical JSON (RFC 8785), UTF-8, below 128 KB, "
    "signed with Ed25519 over everything but `signature`. QoS 1. A machine's finding is a lead until a person confirms."
)


def asyncapi() -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Xunjian box",
            "version": "1.0.0",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {kind: _channel(kind) for kind in OF_KIND},
        "operations": {f"{_action(kind)}_{kind}": _operation(kind) for kind in OF_KIND},
        "components": {
            "messages": {kind: _message(*of_kind, schemas) for kind, of_kind in OF_KIND.items()},
            "schemas": schemas,
        },
    }
    return document


def asyncapi_text() -> str:
    return json.dumps(asyncapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _action(kind: str) -> str:
    return "send" if kind in topics.FROM_BOX else "receive"


def _channel(kind: str) -> dict[str, Any]:
    names = ("box", kind) if kind in topics.NAMED else ("box",)
    return {
        "address": f"{topics.PREFIX}/{{box}}/{kind}" + ("/{name}" if kind in topics.NAMED else ""),
        "description": OF_KIND[kind][1],
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"}},
        "parameters": {"box" if name == "box" else "name": {"description": PARAMETERS[name]} for name in names},
    }


def _operation(kind: str) -> dict[str, Any]:
    return {
        "action": _action(kind),
        "channel": {"$ref": f"#/channels/{kind}"},
        "messages": [{"$ref": f"#/channels/{kind}/messages/{kind}"}],
        "bindings": {"mqtt": {"qos": 1, "retain": kind in RETAINED, "bindingVersion": "0.2.0"}},
    }


def _message(document: type[Document], summary: str, schemas: dict[str, Any]) -> dict[str, Any]:
    """Its schema goes to `schemas`, and every part of it under `DOCUMENT.PART`: parts of one name may differ."""
    name = document.__name__
    schema = json.loads(schema_text(document))
    for key in ("$schema", "$id"):  # a document within a document: references count from the outer one
        del schema[key]
    for part, content in schema.pop("$defs", {}).items():
        schemas[f"{name}.{part}"] = {"schemaFormat": SCHEMA_FORMAT, "schema": _moved(content, name)}
    schemas[name] = {"schemaFormat": SCHEMA_FORMAT, "schema": _moved(schema, name)}
    return {
        "name": document.SCHEMA,
        "title": name,
        "summary": summary,
        "payload": {"$ref": f"#/components/schemas/{name}"},
    }


def _moved(value: Any, document: str) -> Any:
    """References to parts point to where the parts are now; a tuple is said in the words of draft 7."""
    if isinstance(value, list):
        return [_moved(item, document) for item in value]
    if not isinstance(value, dict):
        return value
    moved = {key: _moved(item, document) for key, item in value.items()}
    if isinstance(reference := moved.get("$ref"), str):
        moved["$ref"] = f"#/components/schemas/{document}.{reference.removeprefix('#/$defs/')}/schema"
    if isinstance(moved.get("prefixItems"), list):
        moved["items"] = moved.pop("prefixItems")
    return moved


def main() -> int:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    file.write_text(asyncapi_text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
