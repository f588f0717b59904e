import random
import shutil
from pathlib import Path

import pytest

from contract.evidence_manifest import Bundle, Tombstone
from contract.signing import SigningKey
from contract.verification import main
from tests.contract import examples
from tests.contract.evidence import seal_folder


def files_of(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


def test_an_untouched_folder_verifies_and_says_that_the_key_is_not_pinned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seal_folder(tmp_path)
    assert main([str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "6 manifests, 4 files" in out
    assert "not pinned" in out


def test_a_pinned_key_must_be_the_box_s(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box, other = tmp_path / "box", tmp_path / "other.pub"
    key = seal_folder(box)
    own = tmp_path / "own.pub"
    own.write_bytes(key.public.pem())
    other.write_bytes(SigningKey.generate().public.pem())
    assert main([str(box), "--key", str(own)]) == 0
    assert "not pinned" not in capsys.readouterr().out
    assert main([str(box), "--key", str(other)]) == 1


def test_any_changed_byte_anywhere_is_found_and_its_file_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seal_folder(tmp_path)
    dice = random.Random(7)
    for path in files_of(tmp_path, "incidents/*/*"):
        data = path.read_bytes()
        for _ in range(20):
            place = dice.randrange(len(data))
            path.write_bytes(data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :])
            assert main([str(tmp_path)]) == 1
            assert path.name in capsys.readouterr().err
        path.write_bytes(data)
    assert main([str(tmp_path)]) == 0


def test_a_missing_file_is_named_unless_a_signed_tombstone_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = seal_folder(tmp_path)
    victim = files_of(tmp_path, "incidents/*/*.png")[0]
    victim.unlink()
    assert main([str(tmp_path)]) == 1
    assert victim.name in capsys.readouterr().err
    tombstone = Tombstone(box_id="box-1", files=(victim.stem,), reason="disk full", removed=examples.NOW)
    (victim.parent / "1.tombstone.json").write_bytes(SigningKey.generate().sign(tombstone))
    assert main([str(tmp_path)]) == 1, "a tombstone that another key signed counts for nothing"
    (victim.parent / "1.tombstone.json").write_bytes(key.sign(tombstone))
    assert main([str(tmp_path)]) == 0
    assert "removed on purpose" in capsys.readouterr().out


def test_a_link_taken_out_of_the_middle_breaks_the_chain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seal_folder(tmp_path)
    files_of(tmp_path, "incidents/*/1.manifest.json")[0].unlink()
    assert main([str(tmp_path)]) == 1
    assert "the chain lacks " in capsys.readouterr().err


def test_a_tail_that_was_cut_off_shows_against_the_chain_head(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seal_folder(tmp_path)
    files_of(tmp_path, "incidents/*/2.manifest.json")[-1].unlink()
    assert main([str(tmp_path)]) == 1
    assert "chain_head.json" in capsys.readouterr().err


def test_a_manifest_of_another_incident_does_not_pass_in_its_place(tmp_path: Path) -> None:
    seal_folder(tmp_path)
    first, second = files_of(tmp_path, "incidents/*/0.manifest.json")
    shutil.copy(first, second)
    assert main([str(tmp_path)]) == 1


def test_a_bundle_of_one_incident_verifies_and_names_what_lies_outside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = seal_folder(tmp_path)
    (tmp_path / "chain_head.json").unlink()
    gone, kept = files_of(tmp_path, "incidents/*")
    shutil.rmtree(gone)
    assert main([str(tmp_path)]) == 1
    bundle = Bundle(box_id="box-1", incident_ids=(kept.name,), exported=examples.NOW)
    (tmp_path / "bundle.json").write_bytes(key.sign(bundle))
    assert main([str(tmp_path)]) == 0
    assert "outside this bundle: links " in capsys.readouterr().out


def test_a_folder_without_evidence_says_what_to_give(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nowhere")]) == 1
    assert main([str(tmp_path)]) == 1
    assert "--key" in capsys.readouterr().err
