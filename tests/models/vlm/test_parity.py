"""The runtime says what transformers says: recorded for a tiny model, and live where transformers is installed."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from models.vlm.vlm import VisionLanguageModel
from tests.models.vlm.packages import EXPECTED, KINDS, open_vlm, picture, recorded, write_vlm_package

TOLERANCE = 1e-4


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> VisionLanguageModel:
    return open_vlm(write_vlm_package(tmp_path_factory.mktemp("package") / "tiny", request.param))


def test_the_recorded_cases_are_many_and_of_every_sort() -> None:
    assert len(EXPECTED) >= 50
    assert {(len(case["pictures"]), case["split"]) for case in EXPECTED} >= {
        (0, False),
        (1, True),
        (2, False),
        (3, True),
    }
    assert len({tuple(case["tokens"]) for case in EXPECTED}) > 0.8 * len(EXPECTED)


@pytest.mark.parametrize("number", range(len(EXPECTED)))
def test_greedy_tokens_are_those_of_transformers(model: VisionLanguageModel, number: int) -> None:
    case = EXPECTED[number]
    images = [picture(*one) for one in case["pictures"]]
    written = model.generate(case["text"], images, split=case["split"], tokens_max=16)
    assert written.prompt_tokens == case["prompt_tokens"]
    assert list(written.tokens) == case["tokens"]


def test_logits_are_those_of_transformers(model: VisionLanguageModel) -> None:
    for case, logits in zip(EXPECTED[::3], recorded()["logits"], strict=True):
        images = [picture(*one) for one in case["pictures"]]
        ours = model.read(model.prompt(case["text"], images, split=case["split"]))
        np.testing.assert_allclose(ours, logits, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize(("name", "split"), [("one_tile", False), ("split_tiles", True)])
def test_features_of_pictures_are_those_of_transformers(model: VisionLanguageModel, name: str, split: bool) -> None:
    case = next(one for one in EXPECTED if len(one["pictures"]) == 1 and one["split"] is split)
    sight = model.vision.look(picture(*case["pictures"][0]), split=split)
    np.testing.assert_allclose(sight.features, recorded()[name], atol=TOLERANCE, rtol=0)


def test_live_against_transformers(tmp_path: Path) -> None:
    """Another seed than the recorded one, exported now."""
    pytest.importorskip("transformers", reason="needs transformers and torch (extra train)")
    if importlib.util.find_spec("torchvision"):  # transformers imports it where it is, and it not beside a CPU build
        from models.training import torchvision_shim

        torchvision_shim.install()
    from models.training.vlm import random_model, reference

    tokenizer = random_model.tokenizer_of("tiny")
    network = random_model.random_model("tiny", tokenizer, seed=7)
    random_model.write_package("tiny", network, tokenizer, tmp_path / "tiny", "shared")
    model = open_vlm(tmp_path / "tiny")
    theirs = reference.Reference(network, tokenizer, random_model.image_processor("tiny"))
    for case in reference.cases()[::5]:
        images = [reference.picture(*one) for one in case.pictures]
        inputs = theirs.inputs(case.text, images, split=case.split)
        ours = model.read(model.prompt(case.text, images, split=case.split))
        np.testing.assert_allclose(ours, theirs.logits(inputs), atol=TOLERANCE, rtol=0)
        written = model.generate(case.text, images, split=case.split, tokens_max=8)
        assert list(written.tokens) == theirs.greedy(inputs, 8)
