from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from models.errors import PackageError
from models.pull import pull, read_from_folder, read_from_url
from models.registry import Entry, read_registry
from tests.models.packages import write_package, write_registry


def entry_for(tmp_path: Path, package: Path) -> Entry:
    return read_registry(write_registry(tmp_path / "registry.yaml", package)).packages["tiny"]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A mirror on loopback that serves `tmp_path`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_package_is_copied_from_a_folder_with_nothing_but_what_its_card_names(tmp_path: Path) -> None:
    source = write_package(tmp_path / "stick")
    (source / "extra.txt").write_text("not named by the card")
    package = pull("tiny", entry_for(tmp_path, source), read_from_folder(source), tmp_path / "mine")
    assert package.folder == tmp_path / "mine" / "tiny"
    assert sorted(path.name for path in package.folder.iterdir()) == ["card.yaml", "model.onnx"]


def test_a_package_is_fetched_from_its_pinned_address(tmp_path: Path, url: str) -> None:
    source = write_package(tmp_path / "served")
    package = pull("tiny", entry_for(tmp_path, source), read_from_url(f"{url}/served/"), tmp_path / "mine")
    assert package.read_weights() == (source / "model.onnx").read_bytes()


def test_an_address_that_does_not_answer_says_that_a_folder_does_too(tmp_path: Path, url: str) -> None:
    for address in (f"{url}/nothing", "http://127.0.0.1:9"):
        with pytest.raises(PackageError, match="--from DIR"):
            pull("tiny", None, read_from_url(address), tmp_path / "mine")


def test_what_the_registry_does_not_pin_is_not_put_in_place(tmp_path: Path) -> None:
    entry = entry_for(tmp_path, write_package(tmp_path / "original"))
    changed = write_package(tmp_path / "changed", content=b"other weights, honestly named on their card")
    with pytest.raises(PackageError, match="not the tiny that the registry pins"):
        pull("tiny", entry, read_from_folder(changed), tmp_path / "mine")
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_damaged_download_leaves_the_older_package_as_it_was(tmp_path: Path) -> None:
    good = pull("tiny", None, read_from_folder(write_package(tmp_path / "one")), tmp_path / "mine")
    damaged = write_package(tmp_path / "two", version=2)
    (damaged / "model.onnx").write_bytes(b"half")
    with pytest.raises(PackageError, match="the card says"):
        pull("tiny", None, read_from_folder(damaged), tmp_path / "mine")
    assert good.read_weights()
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["tiny"]


def test_a_newer_package_takes_the_place_of_the_older_one(tmp_path: Path) -> None:
    pull("tiny", None, read_from_folder(write_package(tmp_path / "one")), tmp_path / "mine")
    newer = pull("tiny", None, read_from_folder(write_package(tmp_path / "two", version=2)), tmp_path / "mine")
    assert newer.card.version == 2
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["tiny"]


def test_another_package_than_the_one_asked_for_is_refused(tmp_path: Path) -> None:
    source = write_package(tmp_path / "stick", name="other")
    with pytest.raises(PackageError, match="'other', not 'tiny'"):
        pull("tiny", None, read_from_folder(source), tmp_path / "mine")


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PackageError, match="XUNJIAN_MODELS"):
        pull("tiny", None, read_from_folder(write_package(tmp_path / "stick")), tmp_path / "file" / "mine")
