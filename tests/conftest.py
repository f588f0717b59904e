"""The databases that the centre runs on, and a language model's server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import language_server as gemma
from tests.postgres import INITDB, MISSING, PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests of a worker; each test has a database of its own in it."""
    if INITDB is None:
        pytest.skip(MISSING)
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A test that takes it runs once on each kind of database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/central.sqlite3"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture(scope="session")
def language_server() -> Iterator[str]:
    """The address of a real one, for all tests of a worker."""
    if (reason := gemma.missing()) is not None:
        pytest.skip(reason)
    with gemma.language_server() as (url, _):
        yield url
