"""The database: SQLite with durable commits by default, PostgreSQL by its URL; migrated by code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session
from starlette.requests import Request

from central.errors import StorageError

BUSY_TIMEOUT_S = 10
MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))[:4]


class Database:
    """Short transactions on one engine: `reading()` sees one snapshot, `writing()` commits at its end or not at all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writes=True)

    @classmethod
    def open(cls, url: str) -> "Database":
        """Raises StorageError for a URL that no installed driver understands."""
        try:
            engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise StorageError(f"the database URL in central.yaml cannot be used: {error}") from error
        if engine.dialect.name == "sqlite":
            _make_durable(engine)
        return cls(engine)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """The commit is durable when the block has ended without an error."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def migrate(self) -> None:
        """Brings the tables to this software's version. Raises StorageError."""
        if self._version() == NEWEST:
            return
        from alembic import command  # takes longer to import than most commands take to run
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        try:
            with self._writer.connect() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                connection.commit()
        except DBAPIError as error:
            raise StorageError(f"the database cannot be opened or migrated: {error.orig}") from error

    def _version(self) -> str | None:
        try:
            with self._engine.connect() as connection:
                version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
                return version
        except DBAPIError:
            return None  # no table yet; or no database, which the migration says better

    def reopen(self) -> None:
        """After an I/O error the old handles are not used again: what they wrote is unknown until it is read back."""
        self._engine.dispose()

    def close(self) -> None:
        self._engine.dispose()


def database_of(request: Request) -> Database:
    """The database of the application that answers this request; for `Depends`."""
    database: Database = request.app.state.database
    return database


def _make_durable(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late for a read that turns into a write
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
