"""The database: SQLite with durable commits by default, PostgreSQL by its URL; migrated by code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session
from starlette.requests import Request

from central.errors import StorageError

BUSY_TIMEOUT_S = 10
CONNECT_TIMEOUT_S = 10
IDLE_TIMEOUT_S = 60  # a centre that hangs in the middle of a transaction must not stop another for ever
WRITER_LOCK = 0x78756E6A  # one for the whole database; any number that nobody else uses there
MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))[:4]


class Database:
    """Short transactions on one engine: `reading()` sees one snapshot, `writing()` commits at its end or not at all.

    Writers come one after the other on either kind of database, so `Revision.stored_seq` grows in the order of commits.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writes=True)
        self._reader = engine
        if engine.dialect.name == "postgresql":
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @classmethod
    def open(cls, url: str | URL) -> "Database":
        """Raises StorageError for a URL that no installed driver understands."""
        try:
            url = make_url(url)
            if url.drivername == "sqlite":
                engine = create_engine(url)
                _make_durable(engine)
            else:
                url = url.set(drivername=url.drivername.replace("postgresql", "postgresql+psycopg"))
                engine = create_engine(url, pool_pre_ping=True, connect_args=_postgresql_settings())
                event.listen(engine, "begin", _take_turn)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise StorageError(f"the database URL in central.yaml cannot be used: {error}") from error
        return cls(engine)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self._reader, expire_on_commit=False) as session:
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
            raise StorageError(f"the database cannot be opened or migrated: {one_line(error)}") from error

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


def one_line(error: DBAPIError) -> str:
    """What the driver says; PostgreSQL's say it on several lines."""
    return " ".join(str(error.orig).split())


def _postgresql_settings() -> dict[str, Any]:
    """Of each connection: a commit is on the disk whatever the server's default, and no wait is endless."""
    settings = {
        "synchronous_commit": "on",
        "lock_timeout": f"{BUSY_TIMEOUT_S}s",
        "idle_in_transaction_session_timeout": f"{IDLE_TIMEOUT_S}s",
    }
    return {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "application_name": "xunjian-central",
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }


def _take_turn(connection: Connection) -> None:
    """One writer at a time, as SQLite has it; under READ COMMITTED each statement then sees all commits before it."""
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")


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
