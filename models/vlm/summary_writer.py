"""A language model says the facts of a period; what it says is shown only when all of it is in them.

The model writes a sentence for each row of the table, shown worked examples (few-shot: a base model continues a text,
it does not follow orders). Each sentence is read against its row; one that does not hold is asked for once more, with
the reasons, and where the server takes a grammar, within the one of the true sentences; when that does not hold either,
the template's text stands in place of the whole. So nothing that a model invents is ever shown, and a model that is
away costs nothing but its style.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, runtime_checkable

from models.errors import ModelError
from models.vlm.ai_label import aigc
from models.vlm.reading import END, PLACE_LENGTH_MAX, objections, sentence_objections
from models.vlm.secrecy import classification_mark
from models.vlm.sentence_grammar import sentence_grammar
from models.vlm.summary import (
    STATE_WORDS,
    Facts,
    Language,
    Lead,
    LeadState,
    Row,
    row_sentence,
    tabulate,
    template_text,
    total_sentence,
    type_name,
)

ROWS_MAX = 24  # a longer table is read as a table; a model would write on for minutes
TOKENS_MAX = 120  # of one sentence; the longest true one has about 70
ATTEMPTS = 2


class TextModel(Protocol):
    """Continues a text. name: which model, for the record."""

    @property
    def name(self) -> str: ...

    def complete(self, prompt: str, *, stop: str, tokens_max: int, seed: int) -> str:
        """At most tokens_max tokens, cut before `stop`; seed 0 is greedy. Raises ModelError when it cannot."""
        ...


@runtime_checkable
class GrammarModel(Protocol):
    """A text model that may also be held to a grammar. takes_grammars: whether this one can be."""

    @property
    def takes_grammars(self) -> bool: ...

    def complete(self, prompt: str, *, stop: str, tokens_max: int, seed: int, grammar: str | None = None) -> str:
        """As of `TextModel`; grammar: GBNF that the text keeps to."""
        ...


Reason = Literal["no_model", "no_leads", "too_many_rows", "odd_place", "classified", "model_failed", "unsupported"]


@dataclass(frozen=True, slots=True)
class Summary:
    """text: what people see, beside the table. attempts: the most that one sentence took; 0: no model was asked.
    refused: what the model wrote and why it was not shown, at most one entry an attempt and sentence.
    """

    text: str
    source: Literal["template", "model"]
    attempts: int = 0
    reason: Reason | None = None
    refused: tuple[tuple[str, tuple[str, ...]], ...] = ()
    model: str | None = None
    aigc: dict[str, str] | None = None


def write_summary(
    facts: Facts, language: Language, model: TextModel | None, *, producer: str = "", new_id: Callable[[], str] = str
) -> Summary:
    """producer, new_id: for the label of generated text. The template's text, with the reason, whenever the model is
    not there, may not be asked, fails, or says anything that the facts do not.
    """
    template = template_text(facts, language)
    if reason := _not_asked(facts, language, model):
        return Summary(template, "template", reason=reason)
    assert model is not None
    refused: list[tuple[str, tuple[str, ...]]] = []
    written: list[str] = []
    attempts = 0
    for row in (None, *facts.rows):
        try:
            sentence, tries = _sentence(facts, row, language, model, refused)
        except ModelError as error:
            return Summary(template, "template", attempts, "model_failed", (*refused, ("", (str(error),))), model.name)
        attempts = max(attempts, tries)
        if sentence is None:
            return Summary(template, "template", attempts, "unsupported", tuple(refused), model.name)
        written.append(sentence if sentence.endswith(END[language]) else sentence + END[language])
    text = ("" if language == "zh-CN" else " ").join(written)
    if final := objections(text, facts, language):  # sentence by sentence it held; the whole is read once more
        return Summary(template, "template", attempts, "unsupported", (*refused, (text, tuple(final))), model.name)
    return Summary(text, "model", attempts, None, tuple(refused), model.name, aigc(producer, new_id()))


def _not_asked(facts: Facts, language: Language, model: TextModel | None) -> Reason | None:
    if model is None:
        return "no_model"
    if not facts.rows:
        return "no_leads"
    if len(facts.rows) > ROWS_MAX:
        return "too_many_rows"
    if not all(row.place.isprintable() and 0 < len(row.place) <= PLACE_LENGTH_MAX for row in facts.rows):
        return "odd_place"  # a name with a line's end in it would write the prompt on
    if any(classification_mark(_facts_line(facts, row, language)) for row in facts.rows):
        return "classified"
    return None


def _sentence(
    facts: Facts, row: Row | None, language: Language, model: TextModel, refused: list[tuple[str, tuple[str, ...]]]
) -> tuple[str | None, int]:
    """One that holds, and how many attempts it took; None when none did."""
    prompt = _worked_examples(row, language) + _question(facts, row, language) + _LABELS[language]["sentence"]
    for attempt in range(ATTEMPTS):
        if attempt and isinstance(model, GrammarModel) and model.takes_grammars:
            grammar = sentence_grammar(facts, row, language)
            answer = model.complete(prompt, stop="\n", tokens_max=TOKENS_MAX, seed=0, grammar=grammar).strip()
        else:
            answer = model.complete(prompt, stop="\n", tokens_max=TOKENS_MAX, seed=attempt).strip()
        against = sentence_objections(answer, row, facts, language)
        if not against:
            return answer, attempt + 1
        refused.append((answer, tuple(against)))
        prompt = _again(facts, row, language, answer, against)
    return None, ATTEMPTS


def _facts_line(facts: Facts, row: Row | None, language: Language) -> str:
    words = STATE_WORDS[language]
    states = (row or facts).states
    leads = (row or facts).leads
    start, end = facts.period()
    if language == "zh-CN":
        about = f"地点 {row.place}；类型 {type_name(row.type_id, language)}" if row else f"时段 {start} 至 {end}"
        return "；".join([about, f"线索 {leads}", *(f"{words[state]} {count}" for state, count in states)])
    about = f"place {row.place}; type {type_name(row.type_id, language)}" if row else f"from {start} to {end}"
    return "; ".join([about, f"leads {leads}", *(f"{words[state]} {count}" for state, count in states)])


def _question(facts: Facts, row: Row | None, language: Language) -> str:
    return f"{_LABELS[language]['facts']} {_facts_line(facts, row, language)}\n"


def _again(facts: Facts, row: Row | None, language: Language, answer: str, against: list[str]) -> str:
    """A worked correction, then this one: the facts, what was said, what is wrong with it, and room for a sentence."""
    wrong, reasons = answer[:200].replace("\n", " "), "; ".join(against)[:300]
    shown = _question(facts, row, language) + _correction(wrong, reasons, language)
    return _worked_examples(row, language) + _worked_correction(row, language) + shown


def _correction(wrong: str, reasons: str, language: Language) -> str:
    labels = _LABELS[language]
    return f"{labels['wrong']} {wrong}\n{labels['because']} {reasons}\n{labels['sentence']}"


def _worked_examples(like: Row | None, language: Language) -> str:
    """Of rows or of totals. Made by the functions that make prompt and template, so that the three never disagree; the
    same for each summary, so that a server that keeps what it read of a prompt reads them once.
    """
    return "".join(
        f"{_question(facts, row, language)}{_LABELS[language]['sentence']} {_true_sentence(facts, row, language)}\n\n"
        for facts in _EXAMPLES
        for row in (facts.rows if like else (None,))
    )


def _worked_correction(like: Row | None, language: Language) -> str:
    facts = _EXAMPLES[0]
    row = facts.rows[0] if like else None
    wrong = _true_sentence(facts, facts.rows[1], language) if like else _true_sentence(_EXAMPLES[1], None, language)
    reasons = "; ".join(sentence_objections(wrong, row, facts, language))
    shown = _question(facts, row, language) + _correction(wrong, reasons, language)
    return f"{shown} {_true_sentence(facts, row, language)}\n\n"


def _true_sentence(facts: Facts, row: Row | None, language: Language) -> str:
    return row_sentence(row, language) if row else total_sentence(facts, language)


def _example(start: int, *leads: tuple[str, str, dict[LeadState, int]]) -> Facts:
    day = datetime(2026, 3, 2)  # noqa: DTZ001 - local time of a place that does not exist
    each = (
        Lead(place, type_id, state)
        for place, type_id, states in leads
        for state, count in states.items()
        for _ in range(count)
    )
    return tabulate(each, day + timedelta(hours=start), day + timedelta(hours=start + 8))


_LABELS: dict[Language, dict[str, str]] = {
    "en": {"facts": "facts:", "sentence": "sentence:", "wrong": "wrong:", "because": "because:"},
    "zh-CN": {"facts": "事实：", "sentence": "句子：", "wrong": "错句：", "because": "原因："},
}
# Places that no site has, and every state at least twice, alone and beside others.
_EXAMPLES = (
    _example(
        6,
        ("dock_2", "site.intrusion", {"confirmed": 1, "undecided": 2}),
        ("lane_4", "traffic.illegal_parking", {"inconclusive": 1}),
        ("mill_5", "fire.smoke", {"rejected": 2, "inconclusive": 1, "undecided": 3}),
    ),
    _example(
        14,
        ("hall_7", "fire.flame", {"confirmed": 5, "rejected": 7}),
        ("pier_9", "ppe.no_helmet", {"undecided": 4}),
    ),
    _example(8, ("quay_6", "ppe.no_vest", {"rejected": 9})),
    _example(11, ("ramp_8", "site.intrusion", {"confirmed": 13, "rejected": 6, "inconclusive": 2, "undecided": 24})),
    _example(3, ("loft_1", "ppe.no_vest", {"inconclusive": 8, "undecided": 17})),
)
