"""`edge evict`: old media that the centre holds go, and what is left still verifies."""

import sqlite3
from pathlib import Path

import pytest

import contract.verification as verify
from contract.acknowledgement import Acknowledgement, FileReceipt, ReportReceipt
from contract.signing import SigningKey
from edge.__main__ import main
from edge.box_folder import BOX_KEY, OUTBOX, open_outbox
from edge.evidence.disk import DiskStore
from tests.edge.scripted_scene import manifests, write_scene

LONG_AGO_MS = 1_600_000_000_000


@pytest.fixture
def delivered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder as of a box with one incident, committed long ago, of which the centre holds everything."""
    key, out = SigningKey.generate(), tmp_path / "box"
    monkeypatch.setattr("edge.replay.SigningKey.generate", lambda: key)
    scene = write_scene(tmp_path / "scene")
    command = ["replay", str(scene.clip), "--rules", str(scene.rules), "--detections", str(scene.script)]
    assert main([*command, "--out", str(out)]) == 0
    (out / BOX_KEY).parent.mkdir(exist_ok=True)
    key.save(out / BOX_KEY)
    with sqlite3.connect(out / OUTBOX) as rows:
        reports = rows.execute("SELECT report_seq, incident_id, revision, payload_sha256 FROM revision").fetchall()
        files = rows.execute("SELECT sha256, bytes FROM file").fetchall()
        rows.execute("UPDATE revision SET wall_ms = ?", (LONG_AGO_MS,))
    told = Acknowledgement(
        box_id="replay",
        reports=tuple(
            ReportReceipt(report_seq=seq, incident_id=name, revision=revision, sha256=sha256, result="stored")
            for seq, name, revision, sha256 in reports
        ),
        files=tuple(FileReceipt(sha256=sha256, bytes=size, result="stored") for sha256, size in files),
        high_water=len(reports),
    )
    with open_outbox(out) as outbox:
        outbox.acknowledge(told)
    capsys.readouterr()
    return out


def media(folder: Path) -> set[Path]:
    return {
        path for path in folder.glob("incidents/*/*") if not path.name.endswith((".manifest.json", ".tombstone.json"))
    }


def test_the_chain_verifies_without_the_media_that_went(delivered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, sealed = media(delivered), manifests(delivered)
    size = sum(path.stat().st_size for path in before)
    assert main(["evict", str(delivered), "--older-than", "30"]) == 0
    assert capsys.readouterr().out == f"evict: {len(before)} files of 1 incidents, {size} bytes\n"
    assert len(before) >= 5
    assert not media(delivered)
    assert manifests(delivered) == sealed
    assert verify.main([str(delivered)]) == 0
    assert f"removed on purpose (signed tombstone): {len(before)} files" in capsys.readouterr().out
    assert main(["evict", str(delivered), "--older-than", "30"]) == 0
    assert capsys.readouterr().out.startswith("evict: 0 files of 0 incidents")


def test_a_start_keeps_the_tombstone(delivered: Path) -> None:
    main(["evict", str(delivered), "--older-than", "30"])
    sealed = manifests(delivered)
    known = {item.sha256 for manifest in sealed for item in manifest.items}
    store = DiskStore(delivered)
    assert store.remove_unknown(sealed[0].incident_id, known, [manifest.revision for manifest in sealed]) == 0
    assert verify.main([str(delivered)]) == 0


def test_killed_between_two_files_it_goes_on_the_next_time(delivered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink, gone = Path.unlink, list[Path]()

    def killed(path: Path, missing_ok: bool = False) -> None:
        if path.suffix in (".png", ".jpg", ".mp4"):
            if gone:
                raise KeyboardInterrupt
            gone.append(path)
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", killed)
    assert main(["evict", str(delivered), "--older-than", "30"]) == 130
    monkeypatch.undo()
    assert gone
    assert verify.main([str(delivered)]) == 0, "the tombstone was there first"
    assert main(["evict", str(delivered), "--older-than", "30"]) == 0
    assert not media(delivered)
    assert verify.main([str(delivered)]) == 0


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE revision SET wall_ms = {LONG_AGO_MS * 2} WHERE phase = 'close'",
        "INSERT INTO outbox SELECT report_seq, x'00', NULL FROM revision WHERE phase = 'open'",
        "INSERT INTO outbox SELECT report_seq, x'00', 'refused' FROM revision WHERE phase = 'open'",
        "UPDATE file SET state = 'pending' WHERE path LIKE '%.mp4'",
        "UPDATE file SET state = 'rejected' WHERE path IS NULL",
        "DELETE FROM file WHERE path LIKE '%.mp4'",
        "INSERT INTO open_incident SELECT incident_id, x'00' FROM revision LIMIT 1",
        "UPDATE revision SET phase = 'update' WHERE phase = 'close'",
    ],
    ids=["young", "queued", "set aside", "file waits", "manifest refused", "file unknown", "unsettled", "not closed"],
)
def test_what_is_young_or_not_delivered_stays(delivered: Path, change: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = media(delivered)
    with sqlite3.connect(delivered / OUTBOX) as rows:
        assert rows.execute(change).rowcount > 0
    assert main(["evict", str(delivered), "--older-than", "30"]) == 0
    assert capsys.readouterr().out.startswith("evict: 0 files of 0 incidents")
    assert media(delivered) == before


@pytest.mark.parametrize("days", ["0", "-1", "x", "36501"])
def test_days_are_from_one_on(delivered: Path, days: str) -> None:
    with pytest.raises(SystemExit):
        main(["evict", str(delivered), "--older-than", days])
