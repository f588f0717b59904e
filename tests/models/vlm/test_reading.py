"""A text is shown only when the table supports all of it: true texts pass in many forms, changed facts do not."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.catalogue import catalogue
from models.vlm.reading import objections
from models.vlm.summary import LEAD_STATES, STATE_WORDS, Facts, Language, Lead, LeadState, tabulate, template_text

START, END = datetime(2026, 3, 2, 8), datetime(2026, 3, 2, 16)  # noqa: DTZ001 - wall time of the place
TYPES = sorted(catalogue())


def facts_of(*rows: tuple[str, str, dict[LeadState, int]]) -> Facts:
    leads = [
        Lead(place, type_id, state)
        for place, type_id, states in rows
        for state, count in states.items()
        for _ in range(count)
    ]
    return tabulate(leads, START, END)


SHIFT = facts_of(
    ("gate_3", "site.intrusion", {"confirmed": 1, "undecided": 1}),
    ("yard_1", "fire.smoke", {"rejected": 1}),
)
EN = (
    "From 08:00 to 16:00 there were 3 leads: 1 confirmed, 1 rejected, 1 undecided. "
    "At gate_3 there were 2 leads of suspected zone intrusion: 1 confirmed, 1 undecided. "
    "At yard_1 there was 1 lead of suspected smoke: 1 rejected."
)
ZH = (
    "08:00 至 16:00 共有线索 3 条：已确认 1 条，已驳回 1 条，待审 1 条。"
    "gate_3 有疑似闯入禁区线索 2 条：已确认 1 条，待审 1 条。"
    "yard_1 有疑似烟雾线索 1 条：已驳回 1 条。"
)


def test_the_template_is_the_table_in_words() -> None:
    assert template_text(SHIFT, "en") == EN
    assert template_text(SHIFT, "zh-CN") == ZH
    assert objections(EN, SHIFT, "en") == objections(ZH, SHIFT, "zh-CN") == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", EN.replace("there were 3 leads: 1 confirmed, 1", "there were, in total, 3 leads (1 confirmed, 1")
         .replace("1 undecided. At gate", "and 1 undecided). At gate")),
        ("en", "\n".join(reversed(EN.split(". ")))),
        ("en", EN.replace("1 rejected.", "1 rejected, 0 confirmed.")),
        ("zh-CN", ZH.replace("共有线索 3 条：", "共有3条线索，其中")),
        ("zh-CN", ZH.replace(" ", "").replace("至", " 至 ")),
    ],
)  # fmt: skip
def test_other_words_for_the_same_facts_pass(language: Language, text: str) -> None:
    assert objections(text, SHIFT, language) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("3 leads", "4 leads"), "leads is 3, not 4"),
        (("3 leads", "three leads"), "'three' is not in the facts"),
        (("1 rejected, 1 undecided", "2 rejected"), "rejected is 1, not 2"),
        (("At yard_1", "At yard_2"), "'yard_2' is not in the facts"),
        (("gate_3", "gate_31"), "'gate_31' is not in the facts"),
        (("suspected smoke", "smoke"), "'smoke' is not in the facts"),
        (("of suspected smoke", "of suspected zone intrusion"), "the facts have no yard_1, suspected zone intrusion"),
        (("08:00", "09:00"), "the period is from 08:00 to 16:00"),
        (("08:00 to 16:00", "16:00 to 08:00"), "the period is from 08:00 to 16:00"),
        (("1 confirmed, 1 undecided. At yard", "all confirmed. At yard"), "'all' is not in the facts"),
        (("1 confirmed, 1 undecided. At yard", "1 confirmed. At yard"), "leaves out 1 undecided"),
        ((" At yard_1 there was 1 lead of suspected smoke: 1 rejected.", ""), "leaves out yard_1, suspected smoke"),
        (("there was 1 lead", "there was not 1 lead"), "'not' is not in the facts"),
        (("1 rejected.", "1 rejected. Well done."), "'Well' is not in the facts"),
        (("1 rejected.", "1 rejected. At yard_1 there was 1 lead of suspected smoke: 1 rejected."), "says twice"),
        (("2 leads of", "leads of"), "'leads' without its number or noun beside it"),
        (("1 lead of", "-1 lead of"), "'-1' is not in the facts"),
        (("1 lead of", "1.5 leads of"), "not in the facts"),
        (("1 lead of", "１ lead of"), "is not in the facts"),
        (("1 rejected.", "1 rejected at 09:30."), "times belong to the first sentence"),
    ],
)  # fmt: skip
def test_what_the_table_does_not_say_is_an_objection(change: tuple[str, str], reason: str) -> None:
    changed = EN.replace(*change) if change[1] else EN.replace(change[0], "")
    assert changed != EN
    assert any(reason in objection for objection in objections(changed, SHIFT, "en"))


def test_a_real_models_invention_is_refused() -> None:
    """What Gemma 3 270M wrote about such a shift: a yard that is not there, and a rejection that was none."""
    assert objections("3 号门共有 1 起疑似闯入禁区线索，2 起被驳回。", SHIFT, "zh-CN")
    assert objections("From 08:00 to 16:00 there were 3 leads. At yard_2 there was 1 lead.", SHIFT, "en")


def test_a_number_that_can_be_read_in_two_ways_is_refused() -> None:
    assert objections(ZH.replace("共有线索 3 条：", "共有 1 条线索 3 条："), SHIFT, "zh-CN")


def test_a_text_without_end_is_refused_unread() -> None:
    assert objections(EN * 100, SHIFT, "en") == ["longer than 8000 characters"]


PLACES = st.sampled_from(["gate_3", "gate_31", "g", "east", "3", "lead", "confirmed", "三号门", "北门 2", "cam.4"])
COUNTS = st.dictionaries(st.sampled_from(LEAD_STATES), st.integers(1, 120), min_size=1)
TABLES = st.lists(st.tuples(PLACES, st.sampled_from(TYPES), COUNTS), min_size=1, max_size=4)
ORDINARY = st.sampled_from(["gate_3", "gate_31", "g", "east", "三号门", "cam.4"])


@given(
    st.lists(st.tuples(ORDINARY, st.sampled_from(TYPES), COUNTS), min_size=1, max_size=4),
    st.sampled_from(["zh-CN", "en"]),
)
def test_every_template_text_reads_as_its_own_table(
    rows: list[tuple[str, str, dict[LeadState, int]]], language: Language
) -> None:
    facts = facts_of(*rows)
    assert objections(template_text(facts, language), facts, language) == []


@given(TABLES, TABLES, st.sampled_from(["zh-CN", "en"]))
def test_the_text_of_another_table_is_refused(
    rows: list[tuple[str, str, dict[LeadState, int]]],
    others: list[tuple[str, str, dict[LeadState, int]]],
    language: Language,
) -> None:
    facts, other = facts_of(*rows), facts_of(*others)
    if facts != other:
        assert objections(template_text(other, language), facts, language)


@given(
    st.lists(st.tuples(ORDINARY, st.sampled_from(TYPES), COUNTS), min_size=1, max_size=3),
    st.sampled_from(["zh-CN", "en"]),
    st.data(),
)
def test_one_changed_number_or_state_is_refused(
    rows: list[tuple[str, str, dict[LeadState, int]]], language: Language, data: st.DataObject
) -> None:
    facts = facts_of(*rows)
    text = template_text(facts, language)
    words = [str(n) for n in range(10)] + list(STATE_WORDS[language].values())
    places = [(at, word) for word in words for at in range(len(text)) if text.startswith(word, at)]
    at, word = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([w for w in words if w != word and w.isdigit() == word.isdigit()]))
    assert objections(text[:at] + other + text[at + len(word) :], facts, language)
