import pytest

from contract import topics
from contract.errors import MalformedError
from contract.topics import Topic


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        (Topic("box-1", "incident"), "xunjian/v1/box-1/incident"),
        (Topic("box-1", "command", "rules"), "xunjian/v1/box-1/command/rules"),
        (Topic("box-1", "still", "hall_1"), "xunjian/v1/box-1/still/hall_1"),
    ],
)
def test_a_topic_is_built_and_parsed_back(topic: Topic, text: str) -> None:
    assert str(topic) == text
    assert topics.parse(text) == topic


@pytest.mark.parametrize(
    "text",
    [
        "",
        "xunjian",
        "xunjian/v2/box-1/incident",
        "xunjian/v1/Box/incident",
        "xunjian/v1/+/incident",
        "xunjian/v1/box-1/gossip",
        "xunjian/v1/box-1/incident/x",
        "xunjian/v1/box-1/command",
        "xunjian/v1/box-1/command/a/b",
        "xunjian/v1/box-1/command/#",
    ],
)
def test_what_the_grammar_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        topics.parse(text)


def test_filters_bind_one_kind_of_one_box_or_of_all() -> None:
    assert topics.every_box("incident") == "xunjian/v1/+/incident"
    assert topics.of_box("box-1", "command") == "xunjian/v1/box-1/command/+"
