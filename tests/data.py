"""Where the real pictures and clips are that some tests need: beside the repository, never inside it."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("XUNJIAN_DATA") or Path(__file__).parents[2] / "shared" / "data")


def data(*parts: str) -> Path:
    """The path under the data folder; skips the test, saying so, where it is absent."""
    path = FOLDER.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no {'/'.join(parts)} in the data folder; set XUNJIAN_DATA")
    return path
