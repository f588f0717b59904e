"""A small byte-level vocabulary of our own, with the control tokens of SmolVLM and Idefics3."""

from collections.abc import Iterable

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

FIRST = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")  # ids 0, 1, 2 as in SmolLM2
GRID_MAX = 6
ROWS = tuple(f"<row_{row + 1}_col_{column + 1}>" for row in range(GRID_MAX) for column in range(GRID_MAX))
LAST = ("<global-img>", *ROWS, "<fake_token_around_image>", "<image>", "<end_of_utterance>")
END_OF_TEXT = 2


def train_vocabulary(texts: Iterable[str], size: int, words: Iterable[str] = ()) -> Tokenizer:
    """size: of the whole, control tokens included. words: these are one token each, with and without a space before
    them, whatever the texts say. The same texts give the same vocabulary.
    """
    tokenizer = Tokenizer(models.BPE())
    digits = pre_tokenizers.Digits(individual_digits=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(LAST), special_tokens=list(FIRST), initial_alphabet=alphabet, show_progress=False
    )
    often = [f"{word} {word}" for word in words for _ in range(1000)]
    tokenizer.train_from_iterator([*often, *texts], trainer)
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in LAST])
    return tokenizer
