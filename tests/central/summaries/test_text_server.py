"""`text_server` of central.yaml: a centre with one asks it over HTTP, and a wrong one is refused in one line."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from central.app import Centre
from central.errors import SettingsError
from central.settings import CentralFolder
from central.summaries.texts import tell, template
from central.summaries.writer import COUNTER
from models.vlm.chat_server import ServerError
from models.vlm.summary import Lead, row_sentence, tabulate, total_sentence
from tests.scripted_text_server import answering

START = datetime(2026, 3, 2, 8)  # noqa: DTZ001 - wall time of the place
TABLE = tabulate([Lead("gate_3", "site.intrusion", "confirmed")], START, START + timedelta(hours=8))


def folder_with(path: Path, **server: str) -> CentralFolder:
    folder = CentralFolder(path / "centre")
    folder.create(None)
    with folder.settings_file.open("a") as file:
        file.write(json.dumps({"text_server": server})[1:-1] + "\n")
    return folder


def test_a_centre_with_a_server_has_its_text_written_and_sends_the_key(tmp_path: Path) -> None:
    true = (total_sentence(TABLE, "en"), row_sentence(TABLE.rows[0], "en"))
    with answering(*true) as (url, seen):
        folder = folder_with(tmp_path, url=url, model="m", producer="city", key_file="text.key")
        key_file = folder.path / "text.key"
        key_file.write_text("secret\n")
        key_file.chmod(0o600)
        centre = Centre.open(folder)
        assert centre.summary_writer is not None
        centre.summary_writer.ask(TABLE, "en")
        assert centre.summary_writer.step()
        with centre.database.reading() as session:
            told = tell(session, TABLE, "en")
        centre.stop()
        assert centre.text_server is not None
        with pytest.raises(ServerError, match="closed"):  # no connection outlives the centre
            centre.text_server.complete("", stop="\n", tokens_max=1, seed=0)
    assert (told.text, told.aigc is not None, seen) == (template(TABLE, "en"), True, ["Bearer secret"] * 2)
    assert centre.counters.read(COUNTER, "first_try") == 1


def test_a_centre_without_a_server_asks_nobody(tmp_path: Path) -> None:
    folder = CentralFolder(tmp_path / "centre")
    folder.create(None)
    centre = Centre.open(folder)
    assert centre.summary_writer is None
    centre.stop()


def test_a_key_that_others_can_read_is_refused_and_not_shown(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, url="http://127.0.0.1:9", model="m", producer="city", key_file="text.key")
    (folder.path / "text.key").write_text("secret")
    (folder.path / "text.key").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600") as refused:
        Centre.open(folder)
    assert "secret" not in str(refused.value)


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, url="http://127.0.0.1:9", model="m", producer="city", key_file="text.key")
    with pytest.raises(SettingsError, match=r"text_server\.key_file: .*text\.key cannot be read"):
        Centre.open(folder)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://user:pass@127.0.0.1", "127.0.0.1:8081"])
def test_an_address_of_another_form_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match=r"text_server\.url"):
        folder_with(tmp_path, url=url, model="m", producer="city").load()
