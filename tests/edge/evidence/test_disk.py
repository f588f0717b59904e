import hashlib
import json
import os
import resource
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.evidence.disk import DiskStore
from edge.evidence.store import FileFacts, StoreError, StoreFullError

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
KEY_FRAME = FileFacts("key_frame", "image/png", NOW, NOW)
INCIDENT = "0195f000-0000-7000-8000-000000000001"


def test_a_sealed_file_lies_under_its_hash_and_nothing_else_lies_beside_it(tmp_path: Path) -> None:
    sealed = DiskStore(tmp_path).seal(INCIDENT, KEY_FRAME, b"picture")
    assert sealed.path == tmp_path / "incidents" / INCIDENT / f"{hashlib.sha256(b'picture').hexdigest()}.png"
    assert sealed.path.read_bytes() == b"picture"
    assert (sealed.item.bytes, sealed.item.role) == (7, "key_frame")
    assert list(sealed.path.parent.iterdir()) == [sealed.path]


def test_the_same_bytes_twice_are_one_file(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    assert store.seal(INCIDENT, KEY_FRAME, b"picture").path == store.seal(INCIDENT, KEY_FRAME, b"picture").path


def test_what_a_library_writes_is_sealed_and_its_temporary_name_has_the_right_extension(tmp_path: Path) -> None:
    names: list[str] = []

    def write(path: Path) -> None:
        names.append(path.suffix)
        path.write_bytes(b"clip")

    sealed = DiskStore(tmp_path).seal_written(INCIDENT, FileFacts("clip", "video/mp4", NOW, NOW), write)
    assert names == [".mp4"]
    assert sealed.path.read_bytes() == b"clip"


def test_a_disk_that_is_full_is_one_clear_error_and_leaves_no_half_of_a_file(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(StoreFullError, match=r"key_frame of incident .* no space left .* free some"):
            store.seal(INCIDENT, KEY_FRAME, os.urandom(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "incidents" / INCIDENT).iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "incidents").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        DiskStore(tmp_path).seal(INCIDENT, KEY_FRAME, b"picture")


def test_files_without_a_row_go_and_files_with_one_stay(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    kept = store.seal(INCIDENT, KEY_FRAME, b"kept")
    store.seal(INCIDENT, KEY_FRAME, b"never committed")
    store.keep_manifest(INCIDENT, 0, b"{}")
    store.keep_manifest(INCIDENT, 1, b"{}")
    (kept.path.parent / "clip-1.part.mp4").write_bytes(b"half")
    assert store.remove_unknown(INCIDENT, [kept.item.sha256], [0]) == 3
    assert store.manifests() == {(INCIDENT, 0)}
    assert sorted(path.name for path in kept.path.parent.iterdir()) == sorted([kept.path.name, "0.manifest.json"])


def test_an_incident_that_was_never_committed_leaves_no_folder(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    store.seal(INCIDENT, KEY_FRAME, b"never committed")
    store.remove_unknown(INCIDENT, [], [])
    assert store.incidents() == frozenset()


def test_an_older_chain_head_does_not_replace_a_newer_one(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    store.keep_chain_head(2, b'{"seq": 2}')
    store.keep_chain_head(1, b'{"seq": 1}')
    assert json.loads((tmp_path / "chain_head.json").read_text()) == {"seq": 2}
