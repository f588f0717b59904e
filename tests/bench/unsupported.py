"""A second reader of summaries, without code of `models/vlm/reading.py`: what a text states that its table lacks.

It knows all places and types of the bench, not those of one table, and takes clauses apart with regular expressions.
"""

import re
from collections.abc import Sequence

from contract.catalogue import catalogue
from models.vlm.summary import Facts, Language

STATES = {
    "en": {"confirmed": "confirmed", "rejected": "rejected", "inconclusive": "inconclusive", "undecided": "undecided"},
    "zh-CN": {"已确认": "confirmed", "已驳回": "rejected", "无法判断": "inconclusive", "待审": "undecided"},
}
HARMLESS = {
    "en": r"\b(?:at|from|to|there|was|were|of|and|in total|in all|leads?)\b|[,.:;() ]",
    "zh-CN": r"线索|共有|其中|[条至到共有在的和，。、：；（）,:; ]",
}
TIME = re.compile(r"(?:\d{4}-\d\d-\d\d )?\d\d:\d\d")


def unsupported(text: str, facts: Facts, language: Language, places: Sequence[str]) -> list[str]:
    """Each statement that the table does not make; empty: there is none. What a text leaves out is no statement."""
    found: list[str] = []
    for sentence in re.split(r"。" if language == "zh-CN" else r"\.(?: |$)", text):
        if sentence.strip():
            found += _of_sentence(sentence, facts, language, places)
    return found


def _of_sentence(sentence: str, facts: Facts, language: Language, places: Sequence[str]) -> list[str]:
    rest, named = _take(sentence, sorted(places, key=len, reverse=True))
    names = {catalogue()[type_id].names[language]: type_id for type_id in catalogue()}
    rest, types = _take(rest, sorted(names, key=len, reverse=True))
    rows = [one for one in facts.rows if one.place in named and one.type_id in {names[one_type] for one_type in types}]
    if (named or types) and len(rows) != 1:
        return [f"about {named} {types}"]
    found = [f"time {time}" for time in TIME.findall(rest) if time not in facts.period()]
    rest = TIME.sub(" ", rest)
    subject = rows[0] if rows else facts
    counts: dict[str, int] = {"lead": subject.leads, **dict(subject.states)}
    pairs = _pairs(rest, language)
    for number, noun in pairs:
        if counts.get(noun) != int(number) or [one for _, one in pairs].count(noun) > 1:
            found.append(f"{number} {noun}")
    for word in (*STATES[language], *re.findall(r"\d+", rest)):
        rest = rest.replace(word, " ") if not word.isdecimal() else re.sub(rf"(?<!\d){word}(?!\d)", " ", rest)
    rest = re.sub(HARMLESS[language], " ", rest, flags=re.IGNORECASE)
    return found + [f"word {word}" for word in rest.split()]


def _take(sentence: str, names: Sequence[str]) -> tuple[str, list[str]]:
    taken = []
    for name in names:
        whole = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", re.IGNORECASE)
        if whole.search(sentence):
            sentence = whole.sub(" ", sentence)
            taken.append(name)
    return sentence, taken


def _pairs(clause: str, language: Language) -> list[tuple[str, str]]:
    """Number and noun of every number in the clause; `nothing` for one without a noun."""
    leads = {"leads": "lead", "lead": "lead"} if language == "en" else {"线索": "lead"}
    nouns = {**STATES[language], **leads}
    either = "|".join(sorted(nouns, key=len, reverse=True))
    pattern = rf"(\d+)\s*({either})" if language == "en" else rf"({either})\s*(\d+)"
    found = [
        (one[0], nouns[one[1]]) if language == "en" else (one[1], nouns[one[0]]) for one in re.findall(pattern, clause)
    ]
    lone = re.sub(pattern, " ", clause)
    if language == "zh-CN":
        turned = re.findall(r"(\d+)\s*条\s*线索", lone)
        found += [(number, "lead") for number in turned]
        lone = re.sub(r"(\d+)\s*条\s*线索", " ", lone)
    return found + [(number, "nothing") for number in re.findall(r"\d+", lone)]
