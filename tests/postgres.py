"""A PostgreSQL server of the tests' own, from Debian's package: a temporary folder, a Unix socket, no port."""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from central.database.engine import Database

INITDB = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None)  # Debian leaves it out of PATH
MISSING = "PostgreSQL is not installed: apt install postgresql"
TEMPLATE = "migrated"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # nobody pulls the plug in a test; the benchmark turns it on
    "shared_buffers": "16MB",
    "max_connections": "60",
}
ACCESS = "local all clerk scram-sha-256\nlocal all all trust\n"  # clerk: who needs a password
START_TIMEOUT_S = 60


@dataclass(slots=True)
class PostgresServer:
    """folder: where the socket is."""

    folder: Path
    names: Iterator[int]

    def url(self, name: str, user: str = "postgres") -> str:
        return f"postgresql://{user}@/{name}?host={self.folder}"

    def run(self, program: str, *arguments: str) -> str:
        """One of PostgreSQL's own programs, to its end."""
        command = [str(_program(program)), *arguments]
        environment = os.environ | {"PGHOST": str(self.folder), "PGUSER": "postgres"}
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout

    def execute(self, *statements: str) -> None:
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    @contextlib.contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """The URL of a fresh database, dropped afterwards."""
        name = f"central_{next(self.names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE if migrated else 'template0'}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextlib.contextmanager
def postgres_server(**settings: str) -> Iterator[PostgresServer]:
    """settings: of `postgresql.conf`, over those that make tests fast. As root it runs as user `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="xunjian-pg-"))  # short: a socket's path has at most 107 bytes
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = folder / "data"

    def start(program: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(_program(program)), "-D", str(data), *arguments],
            cwd=folder,
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    try:
        made = start("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        assert made.wait(START_TIMEOUT_S) == 0, "initdb failed"
        (data / "pg_hba.conf").write_text(ACCESS, encoding="ascii")
        chosen = SETTINGS | settings | {"unix_socket_directories": str(folder)}
        server = start("postgres", *itertools.chain.from_iterable(("-c", f"{k}={v}") for k, v in chosen.items()))
        try:
            running = PostgresServer(folder, itertools.count(1))
            _wait(running, server)
            running.execute("CREATE ROLE clerk LOGIN SUPERUSER PASSWORD 'open sesame'", f"CREATE DATABASE {TEMPLATE}")
            template = Database.open(running.url(TEMPLATE))
            template.migrate()
            template.close()
            yield running
        finally:
            server.send_signal(signal.SIGINT)  # fast shutdown: it does not wait for connections that are left open
            server.wait(START_TIMEOUT_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> Path:
    assert INITDB is not None, MISSING
    return INITDB.with_name(name)


def _wait(running: PostgresServer, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            running.execute("SELECT 1")
        except psycopg.OperationalError:
            assert server.poll() is None, "the PostgreSQL server ended"
            assert time.monotonic() < end, "the PostgreSQL server does not answer"
            time.sleep(0.1)  # another process starts meanwhile
        else:
            return
