"""What every media store promises: nothing has a hash for a name before it is whole, and nothing else is ever found."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from central.evidence.disk import DiskMediaStore
from central.evidence.store import MediaStore, StoreError, WrongHashError

DATA = bytes(range(256)) * 300
SHA256 = hashlib.sha256(DATA).hexdigest()
UPLOAD = "0123456789abcdef" * 2
STORES: dict[str, Callable[[Path], MediaStore]] = {"disk": DiskMediaStore}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStore:
    return STORES[request.param](tmp_path)


def write(store: MediaStore, offset: int, data: bytes) -> int:
    incoming = store.resume(UPLOAD, offset)
    incoming.write(data)
    return incoming.close()


def test_an_upload_grows_piece_by_piece_and_becomes_the_file_of_its_hash(store: MediaStore) -> None:
    store.begin(UPLOAD)
    assert store.received(UPLOAD) == 0
    assert write(store, 0, DATA[:1000]) == 1000
    assert store.find(SHA256) is None
    assert write(store, 1000, DATA[1000:]) == len(DATA)
    assert store.keep(UPLOAD, SHA256).read_bytes() == DATA
    assert store.find(SHA256) is not None
    assert store.received(UPLOAD) is None


def test_a_wrong_hash_is_discarded(store: MediaStore) -> None:
    store.begin(UPLOAD)
    write(store, 0, DATA[:-1])
    with pytest.raises(WrongHashError):
        store.keep(UPLOAD, SHA256)
    assert (store.find(SHA256), store.received(UPLOAD)) == (None, None)


def test_what_came_after_the_offset_is_overwritten(store: MediaStore) -> None:
    store.begin(UPLOAD)
    write(store, 0, DATA)
    assert write(store, 10, b"xy") == 12


def test_keeping_the_same_file_twice_leaves_one(store: MediaStore) -> None:
    for _ in range(2):
        store.begin(UPLOAD)
        write(store, 0, DATA)
        assert store.keep(UPLOAD, SHA256).read_bytes() == DATA


def test_an_upload_that_is_not_there_is_none_and_cannot_be_resumed(store: MediaStore) -> None:
    assert store.received(UPLOAD) is None
    store.discard(UPLOAD)
    with pytest.raises(StoreError):
        store.resume(UPLOAD, 0)


def test_uploads_that_wait_are_listed_until_they_are_discarded(store: MediaStore) -> None:
    store.begin(UPLOAD)
    assert set(store.uploads()) == {UPLOAD}
    store.discard(UPLOAD)
    assert store.uploads() == {}


def test_there_is_room_that_can_be_asked_for(store: MediaStore) -> None:
    assert store.free_bytes() > 0
