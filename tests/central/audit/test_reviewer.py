import pytest

from central.audit.access import reason_text
from central.audit.reviewer import NAME_LENGTH_MAX, Reviewer, clean_name, from_cookie


@pytest.mark.parametrize(
    ("text", "name"),
    [(" 审核 一号 ", "审核 一号"), ("a\r\nSet-Cookie: x", "a Set-Cookie: x"), (" \t\x00", None), ("", None)],
)
def test_a_name_is_one_line_of_visible_letters(text: str, name: str | None) -> None:
    assert clean_name(text) == name


def test_a_name_survives_its_cookie_and_is_never_more_than_unauthenticated() -> None:
    reviewer = from_cookie(Reviewer("审核一号; Path=/").cookie)
    assert reviewer == Reviewer("审核一号; Path=/", "unauthenticated")
    assert from_cookie(None) is None
    assert from_cookie("%ff%0a") is not None  # odd bytes are a name nobody would choose, not an error


def test_a_long_name_is_cut() -> None:
    assert len(clean_name("x" * 500) or "") == NAME_LENGTH_MAX


def test_the_register_keeps_the_code_and_the_reviewers_words() -> None:
    assert reason_text("review", "") == "review"
    assert reason_text("other", " court  request ") == "other: court request"
    with pytest.raises(ValueError, match="few words"):
        reason_text("other", "  ")
