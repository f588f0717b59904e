"""Which database a centre uses, and where the password comes from."""

from pathlib import Path

import pytest

from central.database.engine import Database
from central.errors import SettingsError, StorageError
from central.settings import CentralFolder
from tests.postgres import PostgresServer
from tests.processes import xunjian

URL = "postgresql://clerk:${XUNJIAN_TEST_PASSWORD}@db.example/central"


@pytest.fixture
def folder(tmp_path: Path) -> CentralFolder:
    return CentralFolder(tmp_path / "centre")


def test_sqlite_is_the_default_and_lies_in_the_folder(folder: CentralFolder) -> None:
    url = folder.database_url(folder.create(None))
    assert url.database == str(folder.path / "central.sqlite3")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://clerk:hunter2@db.example/central",
        "postgresql://clerk@db.example/central?password=hunter2",
        "postgresql://clerk:${A}hunter2@db.example/central",
        "mysql://clerk:hunter2@db.example/central",
        "postgresql+psycopg2://clerk:hunter2@db.example/central",
        "postgresql://clerk:hunter2@db.example",
        "hunter2",
    ],
)
def test_a_url_with_a_password_or_for_another_database_is_refused_without_repeating_it(
    folder: CentralFolder, url: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        folder.create(None, url)
    assert "hunter2" not in str(caught.value)
    assert not folder.settings_file.exists()


def test_a_password_comes_from_the_environment_and_is_not_written_down(
    folder: CentralFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.create(None, URL)
    with pytest.raises(StorageError, match="XUNJIAN_TEST_PASSWORD"):
        folder.database_url(folder.load())
    monkeypatch.setenv("XUNJIAN_TEST_PASSWORD", "hunter2")
    url = folder.database_url(folder.load())
    assert url.password == "hunter2"
    assert "hunter2" not in str(url) + folder.settings_file.read_text()


def test_a_password_comes_from_a_file_that_only_its_owner_reads(folder: CentralFolder, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    secret.chmod(0o644)
    folder.create(None, "postgresql://clerk@db.example/central", secret)
    with pytest.raises(StorageError, match="chmod 600"):
        folder.database_url(folder.load())
    secret.chmod(0o600)
    assert folder.database_url(folder.load()).password == "hunter2"


def test_a_password_file_for_sqlite_is_refused(folder: CentralFolder, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="password file"):
        folder.create(None, None, tmp_path / "password")


def test_a_centre_is_made_on_postgresql_and_a_wrong_password_can_be_mended(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    secret = tmp_path / "password"
    secret.write_text("wrong")
    secret.chmod(0o600)
    with postgres.database(migrated=False) as url:
        theirs = url.replace("postgres@", "clerk@")
        init = (
            "central",
            "init",
            str(tmp_path / "centre"),
            "--database",
            theirs,
            "--database-password-file",
            str(secret),
        )
        failed = xunjian(*init, check=False)
        assert (failed.returncode, failed.stderr.count("\n"), "password authentication" in failed.stderr) == (
            1,
            1,
            True,
        )
        secret.write_text("open sesame")
        xunjian(*init)
        assert len(xunjian("central", "token", str(tmp_path / "centre")).stdout.strip()) > 40
        with Database.open(url).reading() as session:
            assert session.connection().dialect.name == "postgresql"
