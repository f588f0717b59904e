"""Backup and restore by the very commands of docs/operate.md: what is restored goes on where the backup stood."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from central.app import Centre
from central.cases.repository import get_case
from central.ingest.intake import Intake
from central.settings import CentralFolder
from tests.central.boxes import NOW, SigningBox
from tests.postgres import INITDB, PostgresServer
from tests.processes import ROOT

CLIP = b"a clip"


def commands(*first_words: str) -> str:
    """The one shell block of the guide that begins with these words."""
    guide = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", guide, re.DOTALL)
    (block,) = (block for block in blocks if block.startswith(" ".join(first_words)))
    return str(block)


def run(script: str, **environment: str) -> None:
    path = os.environ["PATH"] + (f":{INITDB.parent}" if INITDB else "")
    subprocess.run(["sh", "-euc", script], check=True, env=os.environ | environment | {"PATH": path}, timeout=120)


def make_centre(folder: CentralFolder, box: SigningBox) -> None:
    centre = Centre.open(folder)
    with centre.database.writing() as session:
        box.register(session)
    centre.stop()
    folder.media.mkdir()
    (folder.media / "clip").write_bytes(CLIP)


def take(folder: CentralFolder, box: SigningBox, report_seq: int) -> tuple[str, str]:
    """(result, incident id) of a report that comes in there."""
    centre = Centre.open(folder)
    told: list[str] = []
    message = box.report(report_seq=report_seq)
    Intake(centre.database, centre.key, centre.counters, lambda: NOW, told.extend).take([message])
    result = "stored" if centre.counters.read("reports", "stored") else "not stored"
    centre.stop()
    return result, told[0]


def holds(folder: CentralFolder, incident_id: str) -> bool:
    centre = Centre.open(folder)
    with centre.database.reading() as session:
        found = get_case(session, incident_id) is not None
    centre.stop()
    return found


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="sqlite3 is not installed: apt install sqlite3")
def test_a_backup_of_sqlite_is_a_centre_that_goes_on(tmp_path: Path) -> None:
    box, here, there = SigningBox(), CentralFolder(tmp_path / "centre"), CentralFolder(tmp_path / "backup")
    here.create(None)
    make_centre(here, box)
    _, before = take(here, box, 1)
    there.path.mkdir()
    run(commands("sqlite3"), CENTRE=str(here.path), BACKUP=str(there.path))
    _, after = take(here, box, 2)
    assert (holds(there, before), holds(there, after)) == (True, False)
    assert (there.media / "clip").read_bytes() == CLIP
    assert there.load_key().public == here.load_key().public
    assert take(there, box, 2)[0] == "stored"


def test_a_backup_of_postgresql_is_a_centre_that_goes_on(tmp_path: Path, postgres: PostgresServer) -> None:
    box, here, there = SigningBox(), CentralFolder(tmp_path / "centre"), CentralFolder(tmp_path / "backup")
    there.path.mkdir()
    server = {"PGHOST": str(postgres.folder), "PGUSER": "postgres"}
    with postgres.database() as url:
        here.create(None, url)
        make_centre(here, box)
        _, before = take(here, box, 1)
        name = url.split("/")[3].split("?")[0]
        run(commands("pg_dump"), CENTRE=str(here.path), BACKUP=str(there.path), DATABASE=name, **server)
    run(commands("createdb --template"), BACKUP=str(there.path), RESTORED="restored", **server)
    settings = there.settings_file
    settings.write_text(settings.read_text().replace(name, "restored"))
    assert holds(there, before)
    assert (there.media / "clip").read_bytes() == CLIP
    assert take(there, box, 2)[0] == "stored"
    postgres.execute("DROP DATABASE restored WITH (FORCE)")
