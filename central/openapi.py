"""`python -m central.openapi [FILE]`: the centre's HTTP interface as OpenAPI, from the app itself, never started."""

import json
import sys
import tempfile
from pathlib import Path

from central.app import Centre, create_app
from central.settings import CentralFolder

FILE = Path(__file__).parents[1] / "docs" / "openapi.json"


def openapi_text() -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = CentralFolder(Path(name))
        folder.create(None)
        centre = Centre.open(folder)
        try:
            document = create_app(centre).openapi()
        finally:
            centre.database.close()
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> int:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    file.write_text(openapi_text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
