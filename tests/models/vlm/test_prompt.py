from itertools import pairwise

import jinja2
import pytest

from models.vlm.prompt import Control, Grid, ImageTokens, Message, Piece, conversation

# As SmolVLM2 ships it (chat_template.json).
TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}{% if message['content'][0]['type'] == "
    "'image' %}{{':'}}{% else %}{{': '}}{% endif %}{% for line in message['content'] %}{% if line['type'] == 'text' %}"
    "{{line['text']}}{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n"
    "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
ONE = Grid(0, 0)


def shown(pieces: list[Piece], image_tokens: int = 2) -> str:
    return "".join(
        piece if isinstance(piece, str) else piece.name if isinstance(piece, Control) else "<image>" * image_tokens
        for piece in pieces
    )


@pytest.mark.parametrize(
    "messages",
    [
        [Message("user", ("How are you?",))],
        [Message("user", (ONE, "What is it?"))],
        [Message("user", ("First: ", ONE, " second: ", ONE))],
        [Message("system", ("Be brief.",)), Message("user", (ONE, "?"))],
        [Message("user", (ONE, "?")), Message("assistant", ("Yes.",)), Message("user", ("Why?",))],
    ],
)
def test_a_conversation_is_what_the_published_template_makes_of_it(messages: list[Message]) -> None:
    theirs = (
        jinja2.Environment(autoescape=False, keep_trailing_newline=True)
        .from_string(TEMPLATE)
        .render(
            messages=[
                {
                    "role": message.role,
                    "content": [
                        {"type": "text", "text": part} if isinstance(part, str) else {"type": "image"}
                        for part in message.content
                    ],
                }
                for message in messages
            ],
            add_generation_prompt=True,
        )
    )
    picture = "<fake_token_around_image><global-img><image><image><fake_token_around_image>"
    assert shown(conversation(messages)) == theirs.replace("<image>", picture)


def test_tiles_of_a_split_picture_are_named_row_by_row_with_the_whole_at_last() -> None:
    around, tile = "<fake_token_around_image>", "<image><image>"
    spelled = shown(conversation([Message("user", (Grid(2, 2), "?"))]))
    assert spelled == (
        "<|im_start|>User:"
        f"{around}<row_1_col_1>{tile}{around}<row_1_col_2>{tile}\n"
        f"{around}<row_2_col_1>{tile}{around}<row_2_col_2>{tile}\n"
        f"\n{around}<global-img>{tile}{around}?<end_of_utterance>\nAssistant:"
    )


def test_pictures_are_numbered_in_their_order_and_texts_are_joined() -> None:
    pieces = conversation([Message("user", (ONE, "a", "b", Grid(1, 2)))])
    places = [(piece.image, piece.tile) for piece in pieces if isinstance(piece, ImageTokens)]
    assert places == [(0, 0), (1, 0), (1, 1), (1, 2)]
    assert "ab" in pieces
    assert not [one for one, other in pairwise(pieces) if isinstance(one, str) and isinstance(other, str)]
