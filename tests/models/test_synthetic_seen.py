"""Classes that the data file names are found by the shipped detector in the rendered scene, so tests may use them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from models.registry import find_package
from models.synthetic.scenario import shipped_names
from models.synthetic.scene import CLASS_NAMES
from tests.models.synthetic_seen import SCORE_MIN, Looker, tally

FILE = Path("models/synthetic/seen_by_detector.yaml")
SHOWN_MIN = 5  # of fewer objects a share says nothing


def named() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def looker() -> Looker:
    return Looker()


def test_the_file_is_about_the_shipped_detector_and_shipped_scenes() -> None:
    assert named()["detector"] == find_package().card.name
    assert named()["score_min"] == SCORE_MIN
    assert set(named()["scenes"]) <= set(shipped_names())


def test_a_scene_speaks_of_the_shipped_detector_s_classes() -> None:
    assert tuple(find_package().card.classes) == CLASS_NAMES


@pytest.mark.slow
@pytest.mark.parametrize("scene", named()["scenes"])
def test_what_the_file_names_is_found(scene: str, looker: Looker) -> None:
    counts = tally(scene, looker)
    shares = {name: counts.share(name) for name in named()["scenes"][scene]}
    assert min(counts.shown[name] for name in shares) >= SHOWN_MIN
    assert min(shares.values()) >= named()["share_min"], shares


@pytest.mark.slow
def test_an_empty_scene_is_seen_empty(looker: Looker) -> None:
    assert not tally("empty", looker).false.total()
