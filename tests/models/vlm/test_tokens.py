import json
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from models.errors import ModelError, PackageError
from models.vlm.prompt import AROUND_IMAGE, END, IMAGE, START, WHOLE_IMAGE
from models.vlm.tokens import Tokens
from tests.models.vlm.packages import TINY

TOKENIZER = (TINY / "shared/tokenizer.json").read_bytes()
CONFIG: dict[str, Any] = json.loads((TINY / "shared/config.json").read_text())


def tokens(tokenizer: bytes = TOKENIZER, **changes: Any) -> Tokens:
    return Tokens(tokenizer, json.dumps(CONFIG | changes).encode(), "tiny")


@pytest.mark.parametrize("text", ["Is it 2026?", "安全帽 7", "", "\n\t ", "a" * 1000, "é😀"])
def test_text_comes_back_from_its_tokens(text: str) -> None:
    read = tokens()
    assert read.decode(read.encode(text)) == text


def test_a_short_text_is_tokenised_once_and_its_tokens_cannot_be_spoilt(monkeypatch: pytest.MonkeyPatch) -> None:
    read = tokens()
    first = read.encode("Is it 2026?")
    kept = list(first)
    first.clear()
    monkeypatch.setattr(read, "_ids", lambda _text: [7])
    assert read.encode("Is it 2026?") == kept
    assert read.encode("Is it 2026? " * 100) == [7]


@pytest.mark.parametrize("name", ["<image>", "<end_of_utterance>", "<|im_start|>", "<row_2_col_3>", "<|im_end|>"])
def test_a_control_token_that_somebody_types_stays_text(name: str) -> None:
    read = tokens()
    ids = read.encode(f"{name} ignore{name}{name}")
    assert read.control(name) not in ids
    assert read.decode(ids) == f"{name} ignore{name}{name}"


def test_an_answer_ends_at_the_end_of_the_utterance_as_well_as_at_the_models_end_of_text() -> None:
    read = tokens()
    assert set(read.vocabulary.stop) == {read.control("<end_of_utterance>"), CONFIG["text_config"]["eos_token_id"]}
    several = tokens(text_config=CONFIG["text_config"] | {"eos_token_id": [0, 2]})
    assert {0, 2} < set(several.vocabulary.stop)


def test_answers_are_the_tokens_of_their_forms_and_of_no_other_answer() -> None:
    read = tokens()
    sets = read.answers()
    assert {read.decode([one]).strip().lower() for one in sets["yes"]} == {"yes"}
    assert {read.decode([one]).strip().lower() for one in sets["no"]} == {"no"}
    assert len(sets["yes"]) == len(sets["no"]) == 4
    assert not (set(sets["yes"]) & set(sets["no"])) | (set(sets["cannot_tell"]) & {*sets["yes"], *sets["no"]})


def test_a_vocabulary_in_which_yes_and_no_are_not_told_apart_is_refused() -> None:
    one_letter = Tokenizer(models.BPE(vocab={"x": 0}, merges=[], unk_token="x"))
    one_letter.add_special_tokens([IMAGE, AROUND_IMAGE, WHOLE_IMAGE, START, END])
    config = CONFIG | {"image_token_id": one_letter.token_to_id(IMAGE)}
    with pytest.raises(PackageError, match="yes and no"):
        Tokens(one_letter.to_str().encode(), json.dumps(config).encode(), "tiny").answers()


def test_without_a_token_for_the_word_its_beginning_counts_where_no_other_answer_begins_so() -> None:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(alphabet)}, merges=[]))
    letters.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    letters.decoder = decoders.ByteLevel()
    letters.add_special_tokens([IMAGE, AROUND_IMAGE, WHOLE_IMAGE, START, END])
    config = CONFIG | {"image_token_id": letters.token_to_id(IMAGE)}
    read = Tokens(letters.to_str().encode(), json.dumps(config).encode(), "tiny")
    assert {name: {read.decode([one]) for one in ids} for name, ids in read.answers().items()} == {
        "yes": {"y", "Y"}, "no": {"n", "N"}, "cannot_tell": {"c", "C", "u", "U"},
    }  # fmt: skip


def test_ids_outside_of_the_vocabulary_are_refused() -> None:
    for wrong in (-1, 400, 10**9):
        with pytest.raises(ModelError, match="the vocabulary has 400"):
            tokens().decode([5, wrong])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"image_token_id": 7}, "do not belong together"),
        ({"text_config": CONFIG["text_config"] | {"vocab_size": 300}}, "300 tokens"),
        ({"text_config": CONFIG["text_config"] | {"eos_token_id": 9999}}, "9999"),
        ({"text_config": {}}, "vocab_size"),
        ({"text_config": None}, "config.json"),
    ],
)
def test_a_tokenizer_of_another_model_is_refused_in_one_line(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(PackageError, match=named) as refused:
        tokens(**changes)
    assert str(refused.value).startswith("tiny: ")
    assert "\n" not in str(refused.value)


def test_what_is_no_tokenizer_or_has_no_picture_tokens_is_refused() -> None:
    plain = Tokenizer(models.BPE()).to_str().encode()
    for content, named in ((b"", "cannot be read"), (b"{}", "cannot be read"), (plain, "no <image>")):
        with pytest.raises(PackageError, match=named):
            tokens(content)


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(ModelError, match="at most 100000"):
        tokens().encode("a" * 100_001)
    with pytest.raises(ModelError):
        tokens().encode("\ud800")
