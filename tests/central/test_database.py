from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

import central.audit.tables
import central.cases.tables
import central.devices.tables
import central.evidence.tables  # noqa: F401 - the tables register themselves
from central.database.engine import Database
from central.database.metadata import Base, UtcTime
from central.errors import StorageError


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/central.sqlite3"


def test_migrations_make_exactly_the_tables_that_the_code_declares(url: str) -> None:
    database = Database.open(url)
    database.migrate()
    database.migrate()  # again changes nothing
    with create_engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_commit_is_durable_and_foreign_keys_are_checked(url: str) -> None:
    with Database.open(url).reading() as session:
        pragmas = [
            session.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]


def test_a_writing_block_that_fails_leaves_nothing_behind(url: str) -> None:
    database = Database.open(url)
    with database.writing() as session:
        session.execute(text("CREATE TABLE things (name TEXT)"))
    with pytest.raises(RuntimeError), database.writing() as session:  # noqa: PT012
        session.execute(text("INSERT INTO things VALUES ('half')"))
        raise RuntimeError
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM things")).scalar() == 0


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        UtcTime().process_bind_param(datetime(2026, 1, 1), create_engine("sqlite://").dialect)  # noqa: DTZ001


def test_a_database_that_cannot_be_opened_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened"):
        Database.open(f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3").migrate()
    with pytest.raises(StorageError, match=r"central\.yaml"):
        Database.open("nonsense")
