"""The facts of an hour, a shift or a day as a table, and the same table as sentences. No model has a say in either.

A text of a language model about the same period may be shown only when `reading.py` finds every one of its statements
in this table, and all of the table in it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from contract.catalogue import catalogue

Language = Literal["zh-CN", "en"]
LeadState = Literal["confirmed", "rejected", "inconclusive", "undecided"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
LEAD_STATES: tuple[LeadState, ...] = get_args(LeadState)

STATE_WORDS: Mapping[Language, Mapping[LeadState, str]] = {
    "zh-CN": {"confirmed": "已确认", "rejected": "已驳回", "inconclusive": "无法判断", "undecided": "待审"},
    "en": {"confirmed": "confirmed", "rejected": "rejected", "inconclusive": "inconclusive", "undecided": "undecided"},
}


@dataclass(frozen=True, slots=True)
class Lead:
    """One incident as a summary counts it. place: how staff call it, a camera or a site; state: a person's word."""

    place: str
    type_id: str
    state: LeadState


@dataclass(frozen=True, slots=True)
class Row:
    """What happened of one type at one place. states: only those that occurred, in the order of LEAD_STATES."""

    place: str
    type_id: str
    states: tuple[tuple[LeadState, int], ...]

    @property
    def leads(self) -> int:
        return sum(count for _, count in self.states)


@dataclass(frozen=True, slots=True)
class Facts:
    """start, end: local wall time of the place, end exclusive. rows: by place, then type."""

    start: datetime
    end: datetime
    rows: tuple[Row, ...]

    @property
    def states(self) -> tuple[tuple[LeadState, int], ...]:
        """Of all places."""
        return _counted(state for row in self.rows for state, count in row.states for _ in range(count))

    @property
    def leads(self) -> int:
        return sum(row.leads for row in self.rows)

    def period(self) -> tuple[str, str]:
        """Both ends as a text says them: the time alone within one day, else with the date."""
        form = "%H:%M" if self.start.date() == self.end.date() else "%Y-%m-%d %H:%M"
        return self.start.strftime(form), self.end.strftime(form)


def tabulate(leads: Iterable[Lead], start: datetime, end: datetime) -> Facts:
    grouped: dict[tuple[str, str], list[LeadState]] = {}
    for lead in leads:
        grouped.setdefault((lead.place, lead.type_id), []).append(lead.state)
    rows = (Row(place, type_id, _counted(states)) for (place, type_id), states in sorted(grouped.items()))
    return Facts(start, end, tuple(rows))


def type_name(type_id: str, language: Language) -> str:
    """The catalogue's; a type that this catalogue has not got keeps its id."""
    known = catalogue().get(type_id)
    return known.names[language] if known else type_id


def total_sentence(facts: Facts, language: Language) -> str:
    start, end = facts.period()
    if language == "zh-CN":
        tail = f"：{states_text(facts.states, language)}" if facts.leads else ""
        return f"{start} 至 {end} 共有线索 {facts.leads} 条{tail}。"
    tail = f": {states_text(facts.states, language)}" if facts.leads else ""
    return f"From {start} to {end} there {_leads_en(facts.leads)}{tail}."


def row_sentence(row: Row, language: Language) -> str:
    name = type_name(row.type_id, language)
    if language == "zh-CN":
        return f"{row.place} 有{name}线索 {row.leads} 条：{states_text(row.states, language)}。"
    return f"At {row.place} there {_leads_en(row.leads)} of {name}: {states_text(row.states, language)}."


def template_text(facts: Facts, language: Language) -> str:
    """The whole table in words: what people read without a language model, or when its text does not hold."""
    sentences = [total_sentence(facts, language), *(row_sentence(row, language) for row in facts.rows)]
    return ("" if language == "zh-CN" else " ").join(sentences)


def _counted(states: Iterable[LeadState]) -> tuple[tuple[LeadState, int], ...]:
    counts = Counter(states)
    return tuple((state, counts[state]) for state in LEAD_STATES if counts[state])


def _leads_en(leads: int) -> str:
    return "was 1 lead" if leads == 1 else f"were {leads} leads"


def states_text(states: Iterable[tuple[LeadState, int]], language: Language) -> str:
    """`2 confirmed, 1 undecided`: the end of each sentence of the template."""
    words = STATE_WORDS[language]
    if language == "zh-CN":
        return "，".join(f"{words[state]} {count} 条" for state, count in states)
    return ", ".join(f"{count} {words[state]}" for state, count in states)
