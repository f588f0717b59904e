"""A conversation becomes the text that SmolVLM and Idefics3 were trained on, with places for pictures.

What the caller says is text, never a control token: only this file makes `Control`s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

IMAGE = "<image>"
AROUND_IMAGE = "<fake_token_around_image>"
WHOLE_IMAGE = "<global-img>"
START = "<|im_start|>"
END = "<end_of_utterance>"
CONTROLS = (IMAGE, AROUND_IMAGE, WHOLE_IMAGE, START, END)

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Control:
    """One token of the vocabulary that is no text."""

    name: str


@dataclass(frozen=True, slots=True)
class ImageTokens:
    """The tokens that a tile's features take the place of. image: which of the prompt's; tile: which of its."""

    image: int
    tile: int


@dataclass(frozen=True, slots=True)
class Grid:
    """rows, columns: of the tiles that a picture was cut into; 0 for one tile."""

    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Message:
    """content: texts, and the places of pictures (their grids), in order."""

    role: Role
    content: tuple[str | Grid, ...]


Piece = str | Control | ImageTokens


def conversation(messages: Sequence[Message]) -> list[Piece]:
    """The pieces of the prompt, up to where the model is to answer; neighbouring texts joined, so that they are
    tokenised as one. Pictures are numbered in their order.

    Source: the chat template of SmolVLM and `SmolVLMProcessor` of transformers.
    """
    pieces: list[Piece] = []
    for piece in _spelled(messages):
        if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        elif piece != "":
            pieces.append(piece)
    return pieces


def _spelled(messages: Sequence[Message]) -> Iterator[Piece]:
    image = 0
    yield Control(START)
    for message in messages:
        yield message.role.capitalize()
        yield ":" if message.content and isinstance(message.content[0], Grid) else ": "
        for part in message.content:
            if isinstance(part, Grid):
                yield from _tiles(image, part)
                image += 1
            else:
                yield part
        yield Control(END)
        yield "\n"
    yield "Assistant:"


def _tiles(image: int, grid: Grid) -> Iterator[Piece]:
    for row in range(grid.rows):
        for column in range(grid.columns):
            yield Control(AROUND_IMAGE)
            yield Control(f"<row_{row + 1}_col_{column + 1}>")
            yield ImageTokens(image, row * grid.columns + column)
        yield "\n"
    if grid.rows:
        yield "\n"
    yield Control(AROUND_IMAGE)
    yield Control(WHOLE_IMAGE)
    yield ImageTokens(image, grid.rows * grid.columns)
    yield Control(AROUND_IMAGE)
