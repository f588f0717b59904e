"""Two readers that share no code: each finds every planted mistake in the bench's tables, neither refuses a truth."""

import pytest

from models.vlm.summary import template_text
from tests.bench.bench_summaries import PLACES, made_facts, missed_mistakes, planted
from tests.bench.unsupported import unsupported


def test_both_readers_find_every_planted_mistake_in_sixty_tables() -> None:
    assert [missed for number in range(60) for missed in missed_mistakes(*made_facts(number)[:2])] == []


def test_a_planted_mistake_differs_from_the_truth() -> None:
    for number in range(60):
        facts, language, _ = made_facts(number)
        texts = dict(planted(facts, language))
        assert set(texts) == {"state", "number", "place", "type", "time", "word", "sentence"}
        assert template_text(facts, language) not in texts.values()


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("there were 3 leads", "3 lead"),
        ("1 confirmed, 1 confirmed", "1 confirmed"),
        ("all of it was nothing", "word all"),
        ("5", "5 nothing"),
    ],
)
def test_the_second_reader_names_what_the_table_lacks(said: str, found: str) -> None:
    facts, language, _ = made_facts(1)
    assert language == "en"
    assert found in unsupported(f"From {facts.period()[0]} to {facts.period()[1]} {said}.", facts, language, PLACES)
