"""The language model: embeddings in, the next token's logits out, with a cache of keys and values that can be rewound.

Two kinds of graph, told apart by their operators: with GroupQueryAttention one block per tensor is both past and
present, allocated once; a plain graph concatenates, so two arenas take turns. No position is ever computed twice:
what a prompt has in common with the one before is still in the cache.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.engine.engine import Binding, BindingEngine, Tensor
from models.errors import EngineError, ModelError, PackageError

CHUNK_TOKENS = 256  # of a long prompt at once: bounds the memory of logits and attention
PAST, PRESENT = "past_key_values.", "present."
SHARED_OPERATOR = b"GroupQueryAttention"

Embed = Callable[[int, int], NDArray[np.float32]]
"""Positions from, to (exclusive) of the prompt -> (N, hidden) float32."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the graph calls its tensors. pairs: past and present of each layer's keys and values."""

    pairs: tuple[tuple[Tensor, str], ...]
    positions: bool
    last_only: bool  # logits of the last position alone
    vocabulary: int
    hidden: int


def read_layout(inputs: Sequence[Tensor], outputs: Sequence[Tensor], source: str) -> Layout:
    """Raises PackageError, with the first name that is missing or unknown."""
    given, made = {tensor.name: tensor for tensor in inputs}, {tensor.name: tensor for tensor in outputs}
    for name, among in (("inputs_embeds", given), ("attention_mask", given), ("logits", made)):
        if name not in among:
            raise PackageError(f"{source}: its decoder has no {name}, but {', '.join(list(among)[:4])} ...")
    pasts = [tensor for name, tensor in given.items() if name.startswith(PAST)]
    known = {"inputs_embeds", "attention_mask", "position_ids", *(tensor.name for tensor in pasts)}
    if unknown := sorted(set(given) - known):
        raise PackageError(f"{source}: its decoder wants {unknown[0]}, which no Idefics3 or SmolVLM export has")
    pairs = tuple((tensor, PRESENT + tensor.name.removeprefix(PAST)) for tensor in pasts)
    if not pairs or (missing := [name for _, name in pairs if name not in made]):
        raise PackageError(f"{source}: its decoder has no {missing[0] if pairs else PAST + '0.key'}: no cache to keep")
    if bad := [tensor.name for tensor in pasts if len(tensor.shape) != 4 or None in (tensor.shape[1], tensor.shape[3])]:
        raise PackageError(f"{source}: heads and head size of {bad[0]} are not in the graph; export it with them fixed")
    vocabulary, hidden = made["logits"].shape[-1], given["inputs_embeds"].shape[-1]
    if vocabulary is None or hidden is None or made["logits"].dtype != "float32":
        raise PackageError(f"{source}: sizes of inputs_embeds and logits are not in the graph, or it is not float32")
    return Layout(pairs, "position_ids" in given, made["logits"].shape[1] == 1, vocabulary, hidden)


class Decoder:
    """engine: has loaded `weights`. context_tokens: the most positions that the cache holds.

    Raises PackageError. Not for several threads at once.
    """

    def __init__(self, engine: BindingEngine, weights: bytes, context_tokens: int, source: str) -> None:
        self.layout = read_layout(engine.inputs, engine.outputs, source)
        self.context_tokens = context_tokens
        self._binding = engine.bind()
        kind = SharedCache if SHARED_OPERATOR in weights else ConcatenatedCache
        self._cache = kind(self._binding, self.layout.pairs, context_tokens)
        self._keys: list[Hashable] = []
        self._mask = np.ones((1, context_tokens), np.int64)
        self._masks: dict[int, Callable[[], None]] = {}  # its beginnings, by length
        self._positions = np.arange(context_tokens, dtype=np.int64)[None]
        # A token at a time is read from one place, bound once.
        self._step = np.empty((1, 1, self.layout.hidden), np.float32), np.empty((1, 1), np.int64)
        self._stepping = False
        self._logits = np.empty((1, 0, self.layout.vocabulary), np.float32)
        self.computed = 0  # positions since the start: what prompts have cost

    @property
    def length(self) -> int:
        return len(self._keys)

    def read(self, keys: Sequence[Hashable], embed: Embed) -> NDArray[np.float32]:
        """keys: one per position of the whole prompt, equal where its embedding is. -> (vocabulary,) float32 logits
        after the last, valid until the next call.

        Raises ModelError when the prompt is longer than the context, EngineError.
        """
        if not 0 < len(keys) <= self.context_tokens:
            raise ModelError(
                f"a prompt of {len(keys)} tokens; from 1 to {self.context_tokens} fit. Ask with fewer pictures or tiles"
            )
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self._keys, keys, strict=False)))
        self.rewind(min(same, len(keys) - 1))
        for start in range(self.length, len(keys), CHUNK_TOKENS):
            stop = min(start + CHUNK_TOKENS, len(keys))
            self._advance(embed(start, stop), keys[start:stop])
        return self._last()

    @property
    def room(self) -> int:
        """How many positions fit behind those that are there."""
        return self.context_tokens - self.length

    def extend(self, keys: Sequence[Hashable], embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """N positions more: embeddings (N, hidden) float32 -> (vocabulary,) float32 logits after the last, valid until
        the next call.

        Raises ModelError when they do not fit, EngineError.
        """
        if not 0 < len(keys) <= self.room:
            raise ModelError(f"the context of {self.context_tokens} tokens is full")
        self._advance(embeddings, keys)
        return self._last()

    def _last(self) -> NDArray[np.float32]:
        last: NDArray[np.float32] = self._logits[0, -1]
        return last

    def rewind(self, length: int) -> None:
        """Forgets everything from that position on."""
        if length < self.length:
            self._cache.rewind(length)
            del self._keys[length:]

    def _advance(self, embeddings: NDArray[np.float32], keys: Sequence[Hashable]) -> None:
        start, count = self.length, len(keys)
        stop = start + count
        self._feed(embeddings, start, stop)
        if stop not in self._masks:
            self._masks[stop] = self._binding.feeds("attention_mask", self._mask[:, :stop])
        self._masks[stop]()
        rows = 1 if self.layout.last_only else count
        if self._logits.shape[1] != rows:
            self._logits = np.empty((1, rows, self.layout.vocabulary), np.float32)
            self._binding.fetch("logits", self._logits)
        self._cache.make_room(count)
        try:
            self._binding.run()
        except EngineError:
            self._cache.rewind(start)
            raise
        self._cache.grow(count)
        self._keys.extend(keys)
        self.computed += count

    def _feed(self, embeddings: NDArray[np.float32], start: int, stop: int) -> None:
        row, position = self._step
        steps = embeddings.shape == row.shape[1:]
        if steps:
            row[0], position[0, 0] = embeddings, start
        if not (steps and self._stepping):
            self._stepping = False
            self._binding.feed("inputs_embeds", row if steps else np.ascontiguousarray(embeddings[None], np.float32))
            if self.layout.positions:
                self._binding.feed("position_ids", position if steps else self._positions[:, start:stop])
        self._stepping = steps


class SharedCache:
    """The graph writes new keys and values behind the old ones, in place. Rewinding costs nothing: what lies behind the
    length that the attention mask states is written over.
    """

    def __init__(self, binding: Binding, pairs: Sequence[tuple[Tensor, str]], context_tokens: int) -> None:
        for past, present in pairs:
            binding.share(past.name, present, (1, _side(past, 1), context_tokens, _side(past, 3)))

    def make_room(self, count: int) -> None:
        pass

    def grow(self, count: int) -> None:
        pass

    def rewind(self, length: int) -> None:
        pass


class ConcatenatedCache:
    """The graph reads the past and writes past and new, so each tensor has two arenas that change places."""

    def __init__(self, binding: Binding, pairs: Sequence[tuple[Tensor, str]], context_tokens: int) -> None:
        self._binding = binding
        self._pairs = [(past.name, present, _side(past, 1), _side(past, 3)) for past, present in pairs]
        sizes = [
            (heads * context_tokens * width, tensor[0].dtype)
            for tensor, (_, _, heads, width) in zip(pairs, self._pairs, strict=True)
        ]
        self._arenas: list[list[NDArray[Any]]] = [[np.zeros(size, dtype) for size, dtype in sizes] for _ in range(2)]
        self._length = 0

    def make_room(self, count: int) -> None:
        old, new = self._length, self._length + count
        read, written = self._arenas
        for index, (past, present, heads, width) in enumerate(self._pairs):
            self._binding.feed(past, read[index][: heads * old * width].reshape(1, heads, old, width))
            self._binding.fetch(present, written[index][: heads * new * width].reshape(1, heads, new, width))

    def grow(self, count: int) -> None:
        self._length += count
        self._arenas.reverse()

    def rewind(self, length: int) -> None:
        if length >= self._length:
            return
        for arena, (_, _, heads, width) in zip(self._arenas[0], self._pairs, strict=True):
            kept = arena[: heads * self._length * width].reshape(heads, self._length, width)[:, :length].copy()
            arena[: kept.size] = kept.reshape(-1)
        self._length = length


def _side(tensor: Tensor, axis: int) -> int:
    side = tensor.shape[axis]
    assert side is not None, "read_layout has looked"
    return side
