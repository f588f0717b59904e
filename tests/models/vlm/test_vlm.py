"""What a caller sees of a package with random weights: its answers mean nothing, how they come about does."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.card import AnswerFacts, Calibration
from models.errors import EngineError, ModelError, PackageError
from models.package import open_package
from models.picture import PictureError
from models.vlm.answer import judge
from models.vlm.sampling import Sampling
from models.vlm.vlm import VisionLanguageModel
from tests.models.vlm.packages import KINDS, TINY, open_vlm, picture, write_vlm_package

HELMET, FIRE = "Is this person wearing a safety helmet?", "Are there flames in this picture?"


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> VisionLanguageModel:
    return open_vlm(write_vlm_package(tmp_path_factory.mktemp("package") / "tiny", request.param))


def test_a_closed_question_is_one_forward_pass_and_a_second_one_costs_its_own_words(model: VisionLanguageModel) -> None:
    image = picture(3, 90, 70)
    tiles, positions = model.vision.computed, model.decoder.computed
    first = model.ask(image, HELMET)
    assert model.vision.computed == tiles + 1
    whole = model.decoder.computed - positions
    model.ask(image, FIRE)
    assert model.vision.computed == tiles + 1
    words = len(model.tokens.encode(FIRE + model.answer_facts.instruction + "\nAssistant:"))
    assert model.decoder.computed - positions - whole <= words + 2
    assert words + 20 < whole
    again = model.ask(image, HELMET)
    assert (again.p_yes, again.p_no, again.mass) == pytest.approx((first.p_yes, first.p_no, first.mass), abs=1e-5)


def test_questions_about_what_was_seen_look_at_no_pixel_again(model: VisionLanguageModel) -> None:
    image = picture(5, 90, 70)
    seen = model.see(image)
    before, tiles = model.ask(image, HELMET), model.vision.computed
    image[:] = 0
    after = model.ask(seen, HELMET)
    assert model.vision.computed == tiles
    assert (after.p_yes, after.p_no) == pytest.approx((before.p_yes, before.p_no), abs=1e-5)
    assert model.see(image).key != seen.key


def test_an_answer_is_the_probability_of_its_tokens(model: VisionLanguageModel) -> None:
    image = picture(4, 64, 64)
    answer = model.ask(image, HELMET)
    logits = model.read(model.prompt(HELMET + model.answer_facts.instruction, [image])).astype(np.float64)
    chances = np.exp(logits) / np.exp(logits).sum()
    sets = model.tokens.answers()
    assert answer.p_yes == pytest.approx(chances[list(sets["yes"])].sum(), abs=1e-5)
    assert answer.p_no == pytest.approx(chances[list(sets["no"])].sum(), abs=1e-5)
    assert answer.p_yes + answer.p_no <= answer.mass + 1e-6
    assert answer.ms > 0


SETS = {"yes": (0,), "no": (1,), "cannot_tell": (2,)}


def verdict(yes: float, no: float, unsure: float, talk: float, **facts: Any) -> str:
    logits = np.log(np.array([yes, no, unsure, talk], np.float32))
    return judge(logits, SETS, AnswerFacts(**facts), "fire", 1.0).verdict


def test_a_verdict_needs_mass_and_a_majority_of_it() -> None:
    assert verdict(0.7, 0.1, 0.1, 0.1) == "yes"
    assert verdict(0.1, 0.7, 0.1, 0.1) == "no"
    assert verdict(0.1, 0.1, 0.7, 0.1) == "cannot_tell"
    assert verdict(0.3, 0.1, 0.05, 0.55) == "cannot_tell"
    assert verdict(0.3, 0.1, 0.05, 0.55, mass_min=0.4) == "yes"
    assert verdict(0.6, 0.4, 1e-9, 1e-9, share_min=0.8) == "cannot_tell"
    assert verdict(0.45, 0.4, 0.15, 1e-9, share_min=0.5) == "cannot_tell"
    assert verdict(0.36, 0.2, 0.44, 1e-9, share_min=0.34) == "cannot_tell"
    assert verdict(0.44, 0.2, 0.36, 1e-9, share_min=0.34) == "yes"


def test_calibration_moves_yes_against_no_and_keeps_their_mass() -> None:
    logits = np.log(np.array([0.6, 0.2, 0.1, 0.1], np.float32))
    facts = AnswerFacts(calibration={"fire": Calibration(slope=1.0, intercept=-3.0)})
    plain, moved = judge(logits, SETS, facts, "smoke", 1.0), judge(logits, SETS, facts, "fire", 1.0)
    assert (plain.verdict, moved.verdict) == ("yes", "no")
    assert moved.p_yes + moved.p_no == pytest.approx(plain.p_yes + plain.p_no)
    assert moved.p_yes / moved.p_no == pytest.approx(3 * np.exp(-3), rel=1e-4)


def test_logits_that_are_no_numbers_are_no_answer() -> None:
    with pytest.raises(ModelError, match="not a number"):
        judge(np.array([0, np.nan, 0, 0], np.float32), SETS, AnswerFacts(), None, 1.0)


def test_the_same_seed_gives_the_same_text_and_the_language_model_alone_writes_too(model: VisionLanguageModel) -> None:
    texts = [model.generate("Gate 3.", sampling=Sampling(temperature=1.5, seed=seed)).tokens for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_a_text_ends_at_its_limits(model: VisionLanguageModel) -> None:
    sampling = Sampling(temperature=1.0, seed=5)
    three = model.generate("Gate 3.", tokens_max=3, sampling=sampling)
    assert (len(three.tokens), three.ended) == (3, "length")
    hurried = model.generate("Gate 3.", tokens_max=1000, sampling=sampling, seconds_max=1e-6)
    assert (len(hurried.tokens), hurried.ended) == (1, "time")
    assert hurried.first_ms <= hurried.ms
    for wrong in (0, -1, 10**6):
        with pytest.raises(ModelError, match="can be asked for"):
            model.generate("x", tokens_max=wrong)


def test_a_text_ends_where_the_context_does(tmp_path: Path) -> None:
    model = open_vlm(write_vlm_package(tmp_path / "tiny"), context_tokens=24)
    written = model.generate("Gate 3.", tokens_max=1000)
    assert written.ended == "length"
    assert written.prompt_tokens + len(written.tokens) == 25  # the last one is never read
    with pytest.raises(ModelError, match="from 1 to 24 fit"):
        model.ask(picture(1, 64, 64), HELMET)


def test_pictures_that_are_none_and_too_many_are_refused_and_the_model_goes_on(model: VisionLanguageModel) -> None:
    for height, width in ((1, 1), (10, 20_000)):
        with pytest.raises(PictureError, match=f"{width} x {height} px"):
            model.ask(np.zeros((height, width, 3), np.uint8), HELMET)
    with pytest.raises(ModelError, match="17 pictures"):
        model.prompt("x", [picture(0, 8, 8)] * 17)
    assert model.ask(picture(1, 2, 300), HELMET).mass > 0


def test_features_are_kept_up_to_a_limit_the_least_lately_used_going_first(tmp_path: Path) -> None:
    model = open_vlm(write_vlm_package(tmp_path / "tiny"))
    model.vision._bytes_max = 3 * 16 * 32 * 4
    for seed in (0, 1, 2, 0, 3, 0, 1):
        model.vision.look(picture(seed, 64, 64))
    assert model.vision.computed == 5  # 1 went for 3, and came again
    assert len(model.vision._seen) == 3
    assert model.vision.look(picture(0, 64, 64)).key != model.vision.look(picture(0, 64, 64), split=True).key


def test_weights_that_make_no_numbers_are_said(tmp_path: Path) -> None:
    model = open_vlm(write_vlm_package(tmp_path / "tiny"))
    model._table[:] = np.nan
    with pytest.raises(ModelError, match="not a number"):
        model.ask(picture(1, 64, 64), HELMET)
    with pytest.raises(ModelError, match="not a number"):
        model.generate("x")


DECODER = (TINY / "shared/decoder_model_merged.onnx").read_bytes()
VISION = (TINY / "shared/vision_encoder.onnx").read_bytes()
CONFIG = json.loads((TINY / "shared/config.json").read_text())


def config(**text: int) -> bytes:
    return json.dumps(CONFIG | {"text_config": CONFIG["text_config"] | text}).encode()


@pytest.mark.parametrize(
    ("replaced", "changes", "named"),
    [
        ({"vision_encoder.onnx": DECODER}, {}, "its vision encoder wants"),
        ({"decoder_model_merged.onnx": VISION}, {}, "its decoder has no inputs_embeds"),
        ({"embed_tokens.onnx": VISION}, {}, "its embed_tokens wants"),
        ({"embed_tokens.onnx": b"no network"}, {}, "cannot load these weights"),
        ({"config.json": config(vocab_size=500)}, {}, "400 logits, but 500 tokens"),
        ({"preprocessor_config.json": b"{}"}, {}, "not an Idefics3 image processor's"),
        ({"tokenizer.json": b"{}"}, {}, "its tokenizer cannot be read"),
        ({}, {"image_tokens": 64}, "its card and its decoder say"),
    ],
)
def test_parts_that_do_not_fit_together_are_named_in_one_line(
    tmp_path: Path, replaced: dict[str, bytes], changes: dict[str, Any], named: str
) -> None:
    package = open_package(write_vlm_package(tmp_path / "tiny", replaced=replaced, **changes))
    with pytest.raises((PackageError, EngineError), match=named) as refused:
        open_vlm(package).ask(picture(1, 64, 64), HELMET)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"parts": {"tokenizer": "other.json"}}, "parts: other.json is not among files"),
        ({"weights": "embed_tokens.onnx"}, "the decoder is decoder_model_merged.onnx"),
        ({"image_tokens": 0}, "image_tokens"),
        ({"answers": {"mass_min": 2}}, "answers.mass_min"),
        ({"answers": {"calibration": {"fire": {"slope": -1, "intercept": 0}}}}, "slope"),
        ({"classes": ["person"]}, "classes"),
    ],
)
def test_a_card_that_is_wrong_is_refused_with_what_is_wrong(
    tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(PackageError, match=named):
        open_package(write_vlm_package(tmp_path / "tiny", **changes))


def test_a_detector_is_no_vision_language_model_and_the_other_way_round(tmp_path: Path) -> None:
    package = open_package(write_vlm_package(tmp_path / "tiny"))
    with pytest.raises(PackageError, match="not a detector"):
        _ = package.card
    from models.registry import find_package

    with pytest.raises(PackageError, match="not a vision-language model"):
        open_vlm(find_package())
