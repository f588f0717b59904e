import hashlib
from pathlib import Path

import pytest

from models.card import Card, parse_card
from models.errors import PackageError
from models.package import CARD
from models.registry import REGISTRY, Entry, find_package, pulled_folder, pulled_names, read_registry
from tests.models.packages import write_package, write_registry


@pytest.fixture
def pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "pulled"
    monkeypatch.setenv("XUNJIAN_MODELS", str(folder))
    return folder


def test_without_a_name_the_shipped_package_is_found_and_whole(pulled: Path) -> None:
    package = find_package()
    assert package.card.name == read_registry().default
    assert {"person", "car", "helmet", "fire"} <= set(package.card.classes)


def test_the_shipped_package_says_from_which_score_on_its_weak_classes_are_believed() -> None:
    """And not of people: one far away scores less than a threshold chosen on close pictures."""
    scores = find_package().card.min_score
    assert {"fire", "smoke", "bare_head", "no_vest"} <= set(scores)
    assert all(0.25 <= score <= 0.6 for score in scores.values())
    assert "person" not in scores


def shipped_folder(entry: Entry) -> Path:
    return REGISTRY.parent / str(entry.path or entry.card)


def test_what_the_registry_says_of_each_package_is_what_its_shipped_card_says() -> None:
    for name, entry in read_registry().packages.items():
        content = (shipped_folder(entry) / CARD).read_bytes()
        card = parse_card(content, name)
        assert (card.name, hashlib.sha256(content).hexdigest()) == (name, entry.card_sha256)
        assert card.files[card.weights].sha256 == entry.sha256
        decoder, classes = (card.decoder, card.classes) if isinstance(card, Card) else (None, ())
        assert (entry.decoder, entry.licence, entry.classes) == (decoder, card.licence, classes)


def test_every_card_that_ships_has_prose_that_states_its_licence_and_classes() -> None:
    for name, entry in read_registry().packages.items():
        folder = shipped_folder(entry)
        card = parse_card((folder / CARD).read_bytes(), name)
        prose = (folder / "card.md").read_bytes()
        assert hashlib.sha256(prose).hexdigest() == card.files["card.md"].sha256
        assert card.licence.removesuffix("-only") in prose.decode()
        assert not isinstance(card, Card) or ", ".join(card.classes) in prose.decode()


def test_a_pulled_package_is_found_by_its_name_and_a_folder_by_its_path(pulled: Path, tmp_path: Path) -> None:
    write_package(pulled / "tiny")
    write_package(tmp_path / "elsewhere")
    assert pulled_names() == ["tiny"]
    assert find_package("tiny").folder == pulled / "tiny"
    assert find_package(str(tmp_path / "elsewhere")).card.name == "tiny"


def test_a_folder_here_does_not_take_the_place_of_a_package_with_its_name(
    pulled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_package(tmp_path / "detector-14")
    write_package(tmp_path / "here")
    assert find_package("detector-14").folder != Path("detector-14")
    assert find_package("here").folder == Path("here")


def test_a_package_that_is_not_the_pinned_one_is_refused(pulled: Path, tmp_path: Path) -> None:
    registry = write_registry(tmp_path / "registry.yaml", write_package(tmp_path / "original"))
    write_package(pulled / "tiny", version=2)
    with pytest.raises(PackageError, match="not the tiny that the registry pins"):
        find_package("tiny", registry)


def test_an_unknown_name_is_answered_with_the_known_ones(pulled: Path) -> None:
    with pytest.raises(PackageError, match=r"no model package 'yolo'.*known: detector-14"):
        find_package("yolo")


def test_a_known_package_that_is_not_here_is_answered_with_how_to_get_it(pulled: Path, tmp_path: Path) -> None:
    registry = write_registry(tmp_path / "registry.yaml", write_package(tmp_path / "original"))
    with pytest.raises(PackageError, match="xunjian models pull tiny"):
        find_package("tiny", registry)


def test_a_folder_that_holds_another_package_is_refused(pulled: Path) -> None:
    write_package(pulled / "tiny", name="other")
    with pytest.raises(PackageError, match="holds package 'other'"):
        find_package("tiny")


@pytest.mark.parametrize("content", ["[", "default: x", "default: tiny\npackages: {tiny: {path: a}}"])
def test_a_registry_that_is_wrong_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "registry.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PackageError, match=r"registry\.yaml: ") as refused:
        read_registry(path)
    assert "\n" not in str(refused.value)


def test_pulled_packages_lie_where_the_user_or_the_desktop_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("XUNJIAN_MODELS", raising=False)
    assert pulled_folder() == tmp_path / "xunjian" / "models"
    monkeypatch.setenv("XUNJIAN_MODELS", str(tmp_path / "mine"))
    assert pulled_folder() == tmp_path / "mine"
