"""Which texts carry a classification mark, however it is written."""

import pytest

from models.vlm.secrecy import classification_mark


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("绝密", "绝密"),
        ("【机密】★10年", "机密"),
        ("秘　密", "秘密"),
        ("机\n密", "机密"),
        ("绝·密", "绝密"),
        ("秘 - 密", "秘密"),
        ("絕密", "绝密"),
        ("機 密", "机密"),
        ("祕密", "秘密"),
        ("绝\u200b密", "绝密"),
        ("机\u00ad密", "机密"),
        ("秘\ufeff密", "秘密"),
        ("内部秘密通道，绝密", "绝密"),
        ("机密★10年", "机密"),
        ("【秘 密】", "秘密"),
        ("绝 密", "绝密"),
        ("绝\u2060 \ufeff密", "绝密"),
        ("机\ufe0f密", "机密"),
        ("绝-密", "绝密"),
        ("绝_密", "绝密"),
        ("【绝】【密】", "绝密"),
        ("绝★密", "绝密"),
    ],
)
def test_a_mark_is_found_however_it_is_spread_out_or_written(text: str, mark: str) -> None:
    assert classification_mark(text) == mark


@pytest.mark.parametrize(
    "text",
    [
        "",
        "保密室",
        "gate_3",
        "机房密集架",
        "绝对密封",
        "密机",
        "秘书室 密码锁",
        "请注意保密",
        "有司机，密封完好",
        "司机；密度",
    ],
)
def test_other_words_are_none(text: str) -> None:
    assert classification_mark(text) is None
