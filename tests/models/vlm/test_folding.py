"""Text as its letters alone."""

import pytest

from models.vlm.folding import closed_up


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("", ""),
        ("人 脸", "人脸"),
        ("【绝】-密", "绝密"),
        ("ｆａｃｅ", "face"),
        ("e\u0301", "é"),
        ("a\u200bb\ufeffc\u3164d", "abcd"),
        ("a,b。c", "a,b。c"),
    ],
)
def test_what_letters_are_spread_out_with_goes_and_a_comma_or_a_stop_stays(text: str, letters: str) -> None:
    assert closed_up(text) == letters
