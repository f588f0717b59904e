from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

import central.audit.tables
import central.cases.tables
import central.devices.tables
import central.evidence.tables
import central.summaries.tables  # noqa: F401 - the tables register themselves
from central.database.engine import Database
from central.database.metadata import Base, UtcTime
from central.errors import StorageError
from tests.postgres import PostgresServer
from tests.processes import xunjian


def test_migrations_make_exactly_the_tables_that_the_code_declares(database_url: str) -> None:
    database = Database.open(database_url)
    database.migrate()
    database.migrate()  # again changes nothing
    with database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_two_processes_that_start_at_once_migrate_one_after_the_other(postgres: PostgresServer, tmp_path: Path) -> None:
    with postgres.database(migrated=False) as url, ThreadPoolExecutor(2) as pool:
        folders = [str(tmp_path / name) for name in ("a", "b")]
        list(pool.map(lambda folder: xunjian("central", "init", folder, "--database", url), folders))


def test_a_commit_on_postgresql_is_durable_whatever_the_server_says(postgres: PostgresServer) -> None:
    with postgres.database() as url:
        postgres.execute(f"ALTER DATABASE {url.split('/')[3].split('?')[0]} SET synchronous_commit = off")
        with Database.open(url).reading() as session:
            shown = [session.execute(text(f"SHOW {name}")).scalar() for name in ("synchronous_commit", "lock_timeout")]
            with pytest.raises(DBAPIError, match="read-only"):
                session.execute(text("CREATE TABLE things (name TEXT)"))
    assert shown == ["on", "10s"]


def test_a_commit_is_durable_and_foreign_keys_are_checked_on_sqlite(tmp_path: Path) -> None:
    with Database.open(f"sqlite:///{tmp_path}/central.sqlite3").reading() as session:
        pragmas = [
            session.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]


def test_a_writing_block_that_fails_leaves_nothing_behind(database_url: str) -> None:
    database = Database.open(database_url)
    with database.writing() as session:
        session.execute(text("CREATE TABLE things (name TEXT)"))
    with pytest.raises(RuntimeError), database.writing() as session:  # noqa: PT012
        session.execute(text("INSERT INTO things VALUES ('half')"))
        raise RuntimeError
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM things")).scalar() == 0


def test_a_reader_sees_one_snapshot_while_another_writes(database_url: str) -> None:
    database = Database.open(database_url)
    with database.writing() as session:
        session.execute(text("CREATE TABLE things (name TEXT)"))
    with database.reading() as reader:
        assert reader.execute(text("SELECT count(*) FROM things")).scalar() == 0
        with database.writing() as session:
            session.execute(text("INSERT INTO things VALUES ('new')"))
        assert reader.execute(text("SELECT count(*) FROM things")).scalar() == 0
    with database.reading() as reader:
        assert reader.execute(text("SELECT count(*) FROM things")).scalar() == 1


def test_two_writers_come_one_after_the_other_and_the_second_sees_what_the_first_did(database_url: str) -> None:
    database = Database.open(database_url)
    with database.writing() as session:
        session.execute(text("CREATE TABLE counts (n INTEGER)"))
        session.execute(text("INSERT INTO counts VALUES (0)"))

    def add_one(_: int) -> None:
        with database.writing() as session:  # read, then write: two at once would lose one
            n = session.execute(text("SELECT n FROM counts")).scalar_one()
            session.execute(text("UPDATE counts SET n = :n"), {"n": n + 1})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add_one, range(40)))
    with database.reading() as session:
        assert session.execute(text("SELECT n FROM counts")).scalar_one() == 40


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        UtcTime().process_bind_param(datetime(2026, 1, 1), create_engine("sqlite://").dialect)  # noqa: DTZ001


def test_a_database_that_cannot_be_opened_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened"):
        Database.open(f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3").migrate()
    with pytest.raises(StorageError, match=r"central\.yaml"):
        Database.open("nonsense")


def test_a_postgresql_server_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened") as caught:
        Database.open(f"postgresql://nobody:secret@/central?host={tmp_path}").migrate()
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
