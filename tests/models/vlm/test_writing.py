"""Text under a schema: whatever the weights would rather say, and the same tokens as the slow way gives."""

import json
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pytest

from models.errors import ModelError
from models.vlm.claims_question import About, claims_form
from models.vlm.decoder import Decoder
from models.vlm.grammar import Answer, Form, Grammar
from models.vlm.sampling import Sampling
from models.vlm.vlm import VisionLanguageModel
from tests.models.vlm.packages import KINDS, open_vlm, picture, write_vlm_package

SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"enum": ["yes", "no"]}, "count": {"type": "integer", "minimum": 0, "maximum": 99}},
    "required": ["verdict", "count"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> VisionLanguageModel:
    return open_vlm(write_vlm_package(tmp_path_factory.mktemp("package") / "tiny", request.param))


def test_text_under_a_schema_keeps_to_it_whatever_the_weights_would_say(model: VisionLanguageModel) -> None:
    for seed in range(4):
        sampling = Sampling(temperature=3.0, seed=seed)
        written = model.generate("Describe.", [picture(seed, 64, 64)], schema=SCHEMA, sampling=sampling, tokens_max=80)
        assert written.ended == "stop"
        answer = json.loads(written.text)
        assert answer["verdict"] in {"yes", "no"}
        assert 0 <= answer["count"] <= 99


def slowly(model: VisionLanguageModel, text: str, schema: dict[str, Any], tokens_max: int) -> list[int]:
    """Greedy tokens by a grammar of its own, the mask of all at each, the network one position at a time."""
    answer, stop = Grammar(model.tokens).answer(schema), model.tokens.vocabulary.stop
    logits, ids = model.read(model.prompt(text)), list[int]()
    while len(ids) < tokens_max and not answer.done:
        chosen = answer.forced()
        if not chosen:
            chosen = [int(answer.mask(logits).argmax())]
            if chosen[0] in stop:
                break
            answer.take(chosen)
        ids += chosen
        for token in chosen:
            logits = model.decoder.extend([token], model._table[[token]])
    return ids[:tokens_max]


@pytest.mark.parametrize(
    ("schema", "likely"),
    [
        (SCHEMA, False),
        ({"type": "string", "minLength": 12, "maxLength": 40}, True),
        (claims_form(About("no_helmet", "gate_3", ("person",))), False),
    ],
)
def test_quick_writing_under_a_schema_gives_the_tokens_of_a_whole_mask_at_each(
    model: VisionLanguageModel, schema: dict[str, Any], *, likely: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick, found = Answer.likeliest, list[int | None]()

    def noting(answer: Answer, logits: np.ndarray, stop: Sequence[int]) -> int | None:
        found.append(quick(answer, logits, stop))
        return found[-1]

    monkeypatch.setattr(Answer, "likeliest", noting)
    for seed in range(20):
        text = f"Describe gate {seed}."
        written = model.generate(text, schema=schema, tokens_max=60)
        assert list(written.tokens) == slowly(model, text, schema, 60)
    assert None in found, "the likeliest was never one that may not come"
    assert not likely or any(token is not None for token in found)


def test_what_a_token_forces_is_read_with_it_at_once(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    extend, read = Decoder.extend, list[int]()

    def noting(decoder: Decoder, keys: Sequence[Hashable], embeddings: np.ndarray) -> np.ndarray:
        read.append(len(keys))
        return extend(decoder, keys, embeddings)

    monkeypatch.setattr(Decoder, "extend", noting)
    schema = {"type": "array", "prefixItems": [{"enum": ["yes it is so", "no it is not"]}] * 3, "minItems": 3}
    written = model.generate("x", schema=schema | {"maxItems": 3}, tokens_max=120)
    assert written.ended == "stop"
    assert len(json.loads(written.text)) == 3
    assert len(read) <= 4, "the beginning, and once behind each choice"
    assert max(read) > 4


def test_a_text_cut_off_within_what_is_forced_says_so(model: VisionLanguageModel) -> None:
    schema = {"const": "all of this is forced"}
    whole = model.generate("x", schema=schema)
    assert (whole.ended, json.loads(whole.text)) == ("stop", schema["const"])
    cut = model.generate("x", schema=schema, tokens_max=3)
    assert (cut.ended, cut.tokens) == ("length", whole.tokens[:3])


def test_a_form_is_made_once_and_anew_after_so_many_tokens(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, make = list[str](), Grammar._form

    def noting(grammar: Grammar, schema: str) -> Form:
        made.append(schema)
        return make(grammar, schema)

    monkeypatch.setattr(Grammar, "_form", noting)
    monkeypatch.setattr("models.vlm.grammar.FORM_TOKENS_MAX", 40)
    monkeypatch.setattr("models.vlm.grammar.FORMS_MAX", 2)
    texts = [{"type": "string", "minLength": 30, "maxLength": 30 + more} for more in range(3)]
    written = [model.generate("x", schema=texts[0], tokens_max=20).tokens for _ in range(5)]
    assert len(set(written)) == 1
    assert len(made) == 3, "new, after 40 tokens, after 80"
    for schema in (texts[1], texts[2], texts[0]):
        model.generate("x", schema=schema, tokens_max=4)
    assert len(made) == 6, "the least lately used was dropped"


def test_a_schema_that_is_none_is_refused(model: VisionLanguageModel) -> None:
    for schema in ({"type": "nonsense"}, {"pattern": "("}, {"type": "string", "pattern": "("}):
        with pytest.raises(ModelError, match="JSON schema") as refused:
            model.generate("x", schema=schema)
        assert "\n" not in str(refused.value)
