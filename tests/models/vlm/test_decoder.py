from pathlib import Path

import numpy as np
import pytest

from models.engine.engine import Tensor
from models.errors import EngineError, ModelError, PackageError
from models.vlm.decoder import CHUNK_TOKENS, Decoder, read_layout
from tests.models.vlm.packages import KINDS, TINY, load

HIDDEN = 32


@pytest.fixture(params=KINDS)
def decoder(request: pytest.FixtureRequest) -> Decoder:
    weights = (TINY / request.param / "decoder_model_merged.onnx").read_bytes()
    return Decoder(load(weights), weights, 600, "tiny")


def embeddings(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.3, (count, HIDDEN)).astype(np.float32)


def read(decoder: Decoder, keys: list[str], rows: np.ndarray) -> np.ndarray:
    return decoder.read(keys, lambda start, stop: rows[start:stop]).copy()


def names(count: int, prefix: str = "k") -> list[str]:
    return [f"{prefix}{number}" for number in range(count)]


def test_a_prompt_at_once_is_the_prompt_position_by_position(decoder: Decoder) -> None:
    rows = embeddings(12)
    at_once = read(decoder, names(12), rows)
    decoder.rewind(0)
    decoder.read(["k0"], lambda start, stop: rows[start:stop])
    for index in range(1, 12):
        logits = decoder.extend([f"k{index}"], rows[index : index + 1])
    np.testing.assert_allclose(logits, at_once, atol=1e-5)


def test_what_a_prompt_shares_with_the_one_before_is_not_computed_again(decoder: Decoder) -> None:
    rows = embeddings(50)
    first = read(decoder, names(50), rows)
    assert decoder.computed == 50
    other = np.concatenate([rows[:40], embeddings(5, seed=1)])
    second = read(decoder, names(40) + names(5, "other"), other)
    assert decoder.computed == 55
    again = read(decoder, names(50), rows)
    assert decoder.computed == 65
    np.testing.assert_array_equal(again, first)
    assert np.abs(second - first).max() > 1e-3
    decoder.rewind(0)
    fresh = read(decoder, names(40) + names(5, "other"), other)
    np.testing.assert_allclose(fresh, second, atol=1e-5)


def test_token_after_token_is_read_from_one_place_and_is_what_fresh_memory_gives(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = embeddings(9)
    expected = read(decoder, names(9), rows)
    decoder.rewind(0)
    fed: list[str] = []
    feed = decoder._binding.feed

    def noting(name: str, array: np.ndarray) -> None:
        fed.append(name)
        feed(name, array)

    monkeypatch.setattr(decoder._binding, "feed", noting)
    read(decoder, names(4), rows)
    for index in range(4, 8):
        decoder.extend([f"k{index}"], rows[index : index + 1])
    assert fed.count("inputs_embeds") == 2
    decoder.rewind(4)
    read(decoder, names(7), rows)  # several at once between single ones
    assert fed.count("inputs_embeds") == 3
    decoder.extend(["k7"], rows[7:8])
    last = decoder.extend(["k8"], rows[8:9])
    assert fed.count("inputs_embeds") == 4
    np.testing.assert_allclose(last, expected, atol=1e-5)


def test_the_same_prompt_again_costs_one_position(decoder: Decoder) -> None:
    rows = embeddings(20)
    first = read(decoder, names(20), rows)
    np.testing.assert_allclose(read(decoder, names(20), rows), first, atol=1e-5)
    assert decoder.computed == 21


def test_a_prompt_longer_than_a_chunk_is_read_in_chunks(decoder: Decoder) -> None:
    count = 2 * CHUNK_TOKENS + 10
    rows = embeddings(count)
    calls: list[tuple[int, int]] = []

    def embed(start: int, stop: int) -> np.ndarray:
        calls.append((start, stop))
        return rows[start:stop]

    chunked = decoder.read(names(count), embed).copy()
    assert calls == [(0, 256), (256, 512), (512, 522)]
    decoder.rewind(0)
    decoder.read(names(1), embed)
    for index in range(1, count):
        logits = decoder.extend([f"k{index}"], rows[index : index + 1])
    np.testing.assert_allclose(logits, chunked, atol=1e-4)


def test_a_full_context_is_said_and_leaves_the_decoder_working(decoder: Decoder) -> None:
    rows = embeddings(601)
    with pytest.raises(ModelError, match="601 tokens"):
        read(decoder, names(601), rows)
    read(decoder, names(600), rows)
    assert decoder.room == 0
    with pytest.raises(ModelError, match="is full"):
        decoder.extend(["more"], rows[:1])
    with pytest.raises(ModelError, match="0 tokens"):
        read(decoder, [], rows)
    assert np.isfinite(read(decoder, names(5, "new"), rows)).all()


def test_what_the_graph_does_not_take_is_an_error_and_leaves_the_cache_as_it_was(decoder: Decoder) -> None:
    rows = embeddings(10)
    expected = read(decoder, names(10), rows)
    decoder.rewind(9)
    with pytest.raises(EngineError) as refused:
        decoder.extend(["wide"], np.zeros((1, HIDDEN + 1), np.float32))
    assert "\n" not in str(refused.value)
    np.testing.assert_allclose(read(decoder, names(10), rows), expected, atol=1e-5)


GIVEN = {
    "inputs_embeds": Tensor("inputs_embeds", (None, None, HIDDEN), "float32"),
    "attention_mask": Tensor("attention_mask", (None, None), "int64"),
    "past_key_values.0.key": Tensor("past_key_values.0.key", (None, 2, None, 16), "float32"),
}
MADE = {
    "logits": Tensor("logits", (None, None, 400), "float32"),
    "present.0.key": Tensor("present.0.key", (None, 2, None, 16), "float32"),
}


def test_names_are_read_from_the_graph() -> None:
    layout = read_layout([*GIVEN.values()], [*MADE.values()], "tiny")
    assert (layout.positions, layout.last_only, layout.vocabulary, layout.hidden) == (False, False, 400, HIDDEN)
    assert [(past.name, present) for past, present in layout.pairs] == [("past_key_values.0.key", "present.0.key")]


@pytest.mark.parametrize(
    ("given", "made", "named"),
    [
        ({"inputs_embeds": None}, {}, "no inputs_embeds"),
        ({"attention_mask": None}, {}, "no attention_mask"),
        ({}, {"logits": None}, "no logits"),
        ({}, {"present.0.key": None}, "no present.0.key"),
        ({"past_key_values.0.key": None}, {}, "no cache"),
        ({"use_cache_branch": Tensor("use_cache_branch", (1,), "bool")}, {}, "use_cache_branch"),
        (
            {"past_key_values.0.key": Tensor("past_key_values.0.key", (None, None, None, 16), "float32")},
            {},
            "head size",
        ),
        ({}, {"logits": Tensor("logits", (None, None, None), "float32")}, "logits"),
    ],
)
def test_a_graph_with_other_names_is_refused_with_the_name(
    given: dict[str, Tensor | None], made: dict[str, Tensor | None], named: str
) -> None:
    inputs = [tensor for tensor in (GIVEN | given).values() if tensor]
    outputs = [tensor for tensor in (MADE | made).values() if tensor]
    with pytest.raises(PackageError, match=named) as refused:
        read_layout(inputs, outputs, "tiny")
    assert str(refused.value).startswith("tiny: ")


def test_a_plain_graph_that_is_told_to_share_its_cache_says_so(tmp_path: Path) -> None:
    weights = (TINY / "concatenated/decoder_model_merged.onnx").read_bytes()
    wrong = Decoder(load(weights), b"GroupQueryAttention", 64, "tiny")
    with pytest.raises(EngineError):
        read(wrong, names(3), embeddings(3))


def test_arrays_take_turns_in_one_input_and_what_they_hold_may_change() -> None:
    engine = load((TINY / "shared/embed_tokens.onnx").read_bytes())
    one, two = np.array([[5]], np.int64), np.array([[7, 9]], np.int64)
    expected = {token: engine.run({"input_ids": np.array([[token]])})[0][0, 0] for token in (5, 6, 7, 9)}
    binding, seen = engine.bind(), list[np.ndarray]()
    turns = [(one, binding.feeds("input_ids", one)), (two, binding.feeds("input_ids", two))]
    for ids, feed in (*turns, *turns):
        feed()
        made = np.empty((1, ids.shape[1], len(expected[5])), np.float32)
        binding.fetch(engine.outputs[0].name, made)
        binding.run()
        seen += list(made[0])
        one[:] = 6
    for row, token in zip(seen, (5, 7, 9, 6, 7, 9), strict=True):
        np.testing.assert_array_equal(row, expected[token])
