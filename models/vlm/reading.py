"""Reads a text about a table of leads with a closed vocabulary, and says whether the table supports all of it.

A text gate that looks for known mistakes lets unknown ones through. This one works the other way round: every
character must belong to a place, a type, a state, a number, a time of the table, or to one of few words that state
nothing. What is left over is a reason to refuse, and so is a number whose noun is not beside it, a number that the
table has not got for that place and type, and a row or a state that the text leaves out. Negations, comparisons,
numerals in letters and quantities such as "all" are in no list: they are refused. The worst that can happen to a true
text is that the template speaks in its place.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from models.vlm.summary import STATE_WORDS, Facts, Language, Row, type_name

TEXT_LENGTH_MAX = 8_000
PLACE_LENGTH_MAX = 64

Kind = Literal["place", "type", "state", "lead", "number", "time", "from", "to", "counter", "glue", "pause"]

_WORDS: dict[Language, dict[str, Kind]] = {
    "en": {
        "leads": "lead", "lead": "lead", "from": "from", "to": "to", "at": "glue", "there": "glue", "was": "glue",
        "were": "glue", "of": "glue", "and": "glue", "in total": "glue", "in all": "glue", ",": "pause", ":": "pause",
        ";": "pause", "(": "pause", ")": "pause",
    },
    "zh-CN": {
        "线索": "lead", "条": "counter", "至": "to", "到": "to", "共有": "glue", "共": "glue", "有": "glue",
        "其中": "glue", "在": "glue", "的": "glue", "和": "glue", "，": "pause", "、": "pause", "：": "pause",
        "；": "pause", "（": "pause", "）": "pause", ",": "pause", ":": "pause", ";": "pause",
    },
}  # fmt: skip
_TIME = re.compile(r"(?:\d{4}-\d{2}-\d{2} )?\d{2}:\d{2}(?![\d:])")
_NUMBER = re.compile(r"\d+")
_LETTER = re.compile(r"[A-Za-z0-9_-]")
END: dict[Language, str] = {"zh-CN": "。", "en": "."}


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    value: str


class UnreadableError(Exception):
    """A part of the text that no list has; the message quotes it."""


def objections(text: str, facts: Facts, language: Language) -> list[str]:
    """Why this text may not be shown, in the text's language, each a short clause; empty: it says all of the table
    and nothing else.
    """
    if len(text) > TEXT_LENGTH_MAX:
        return [_say(language, f"longer than {TEXT_LENGTH_MAX} characters", f"超过 {TEXT_LENGTH_MAX} 个字符")]
    missing: list[Row | None] = [None, *facts.rows]
    found: list[str] = []
    for sentence in sentences(text, language):
        try:
            tokens = list(_tokens(sentence, facts, language))
        except UnreadableError as error:
            found.append(str(error))
            continue
        row, problem = _about(tokens, facts, language)
        if problem:
            found.append(problem)
        elif row not in missing:
            found.append(_say(language, f"says twice: {sentence.strip()}", f"重复：{sentence.strip()}"))
        else:
            missing.remove(row)
            found += _against(tokens, row, facts, language)
    if not found:
        found = [_left_out(row, language) for row in missing]
    return found


def sentence_objections(sentence: str, row: Row | None, facts: Facts, language: Language) -> list[str]:
    """The same of one sentence that must be about this row; None: about all places together."""
    only = Facts(facts.start, facts.end, (row,) if row else ())
    parts = list(sentences(sentence, language))
    if len(parts) != 1:
        return [_say(language, "one sentence, please", "只写一句")]
    try:
        tokens = list(_tokens(parts[0], only, language))
    except UnreadableError as error:
        return [str(error)]
    about, problem = _about(tokens, only, language)
    if problem or about != row:
        return [problem or _say(language, "names no place and type of the facts", "未写明事实中的地点和类型")]
    return _against(tokens, row, facts, language)


def sentences(text: str, language: Language) -> Iterator[str]:
    """A full stop ends one in its own language only, so that `cam.3` stays whole where it is a place's name."""
    pattern = r"[。\n]" if language == "zh-CN" else r"\.(?=\s|$)|\n"
    return (part for part in re.split(pattern, text) if part.strip())


def _tokens(sentence: str, facts: Facts, language: Language) -> Iterator[Token]:
    names = _names(facts, language)
    at = 0
    while at < len(sentence):
        if sentence[at].isspace():
            at += 1
            continue
        token, length = _next(sentence, at, names, language)
        yield token
        at += length


def _names(facts: Facts, language: Language) -> list[tuple[str, Token]]:
    """Longest first: `gate_31` is not `gate_3`, and a place's name wins over a word that it holds."""
    names = {row.place: Token("place", row.place) for row in facts.rows if 0 < len(row.place) <= PLACE_LENGTH_MAX}
    names |= {type_name(row.type_id, language): Token("type", row.type_id) for row in facts.rows}
    names |= {word: Token("state", state) for state, word in STATE_WORDS[language].items()}
    names |= {word: Token(kind, word) for word, kind in _WORDS[language].items() if word not in names}
    return sorted(names.items(), key=lambda pair: -len(pair[0]))


def _next(sentence: str, at: int, names: Sequence[tuple[str, Token]], language: Language) -> tuple[Token, int]:
    rest = sentence[at:]
    for name, token in names:
        # The first word of a sentence may have a capital letter; a place's name is what it is.
        same = rest.startswith(name) or (token.kind != "place" and rest[: len(name)].lower() == name)
        if same and not _cuts_a_word(sentence, at, len(name)):
            return token, len(name)
    for pattern, kind in ((_TIME, "time"), (_NUMBER, "number")):
        match = pattern.match(rest)
        if match and not _cuts_a_word(sentence, at, match.end()) and match.group().isascii():
            return Token("time" if kind == "time" else "number", match.group()), match.end()
    unknown = re.match(r"[A-Za-z0-9_'-]+|.", rest, re.DOTALL)
    quoted = (unknown.group() if unknown else rest)[:40]
    raise UnreadableError(_say(language, f"{quoted!r} is not in the facts", f"“{quoted}”不在事实中"))


def _cuts_a_word(sentence: str, at: int, length: int) -> bool:
    """Whether a piece begins or ends within a run of letters and digits: `3` in `gate_3`, `lead` in `leader`."""
    end = at + length
    before = at > 0 and _LETTER.match(sentence[at - 1]) and _LETTER.match(sentence[at])
    after = end < len(sentence) and _LETTER.match(sentence[end - 1]) and _LETTER.match(sentence[end])
    return bool(before or after)


def _about(tokens: Sequence[Token], facts: Facts, language: Language) -> tuple[Row | None, str | None]:
    """The row that a sentence speaks of (None: all places), or why that is not clear."""
    places = [token.value for token in tokens if token.kind == "place"]
    types = [token.value for token in tokens if token.kind == "type"]
    if not places and not types:
        return None, None
    if len(places) == len(types) == 1:
        for row in facts.rows:
            if (row.place, row.type_id) == (places[0], types[0]):
                return row, None
        pair = f"{places[0]}, {type_name(types[0], language)}"
        return None, _say(language, f"the facts have no {pair}", f"事实中没有：{pair}")
    return None, _say(language, "a sentence needs one place and one type", "每句须有一个地点和一个类型")


def _against(tokens: Sequence[Token], row: Row | None, facts: Facts, language: Language) -> list[str]:
    """What the sentence says of numbers and times against what the table says."""
    found = _period_objections(tokens, row, facts, language)
    claims, problem = _claims(tokens, language)
    if problem:
        return [*found, problem]
    subject = row or facts
    true: dict[str, int] = {"lead": subject.leads, **dict(subject.states)}
    words: dict[str, str] = {"lead": _say(language, "leads", "线索"), **dict(STATE_WORDS[language].items())}
    said: dict[str, int] = {}
    for noun, number in claims:
        if noun in said:
            found.append(_say(language, f"says {words[noun]} twice", f"重复写了{words[noun]}"))
        said[noun] = number
        have = true.get(noun, 0)
        if have != number:
            found.append(
                _say(language, f"{words[noun]} is {have}, not {number}", f"{words[noun]}是 {have}，不是 {number}")
            )
    found += [
        _say(language, f"leaves out {count} {words[noun]}", f"漏写{words[noun]} {count}")
        for noun, count in true.items()
        if noun not in said
    ]
    return found


def _period_objections(tokens: Sequence[Token], row: Row | None, facts: Facts, language: Language) -> list[str]:
    times = [token.value for token in tokens if token.kind in ("time", "from", "to")]
    start, end = facts.period()
    if row is not None:
        return [_say(language, "times belong to the first sentence", "时间只写在第一句")] if times else []
    allowed = [["from", start, "to", end]] if language == "en" else [[start, "至", end], [start, "到", end]]
    if times in allowed:
        return []
    return [_say(language, f"the period is from {start} to {end}", f"时段是 {start} 至 {end}")]


def _claims(tokens: Sequence[Token], language: Language) -> tuple[list[tuple[str, int]], str | None]:
    """Pairs of a noun (`lead` or a state) and the number beside it, left to right."""
    nouns = [token for token in tokens if token.kind in ("lead", "state", "number", "counter", "pause")]
    pairs: list[tuple[str, int]] = []
    at = 0
    while at < len(nouns):
        kinds = [token.kind for token in nouns[at : at + 4]]
        length = _pair_length(kinds, language)
        if length == 0:
            if kinds[0] == "pause":
                at += 1
                continue
            return pairs, _say(
                language,
                f"{nouns[at].value!r} without its number or noun beside it",
                f"“{nouns[at].value}”旁没有数字或名词",
            )
        pairs.append(_pair(nouns[at : at + length]))
        at += length
    return pairs, None


def _pair_length(kinds: Sequence[Kind], language: Language) -> int:
    """How many tokens make a pair here; 0: none. `9 条线索 3 条` could be read in two ways: no pair."""
    if language == "en":
        return 2 if len(kinds) > 1 and kinds[0] == "number" and kinds[1] in ("lead", "state") else 0
    if list(kinds[:3]) == ["number", "counter", "lead"]:
        return 0 if list(kinds[3:4]) == ["number"] else 3
    if len(kinds) > 1 and kinds[0] in ("lead", "state") and kinds[1] == "number":
        return 3 if list(kinds[2:3]) == ["counter"] else 2
    return 0


def _pair(tokens: Iterable[Token]) -> tuple[str, int]:
    noun, number = "", 0
    for token in tokens:
        if token.kind == "number":
            number = int(token.value) if len(token.value) <= 9 else -1
        elif token.kind in ("lead", "state"):
            noun = "lead" if token.kind == "lead" else token.value
    return noun, number


def _left_out(row: Row | None, language: Language) -> str:
    if row is None:
        return _say(language, "leaves out the sum of all places", "漏写全部地点的合计")
    pair = f"{row.place}, {type_name(row.type_id, language)}"
    return _say(language, f"leaves out {pair}", f"漏写：{pair}")


def _say(language: Language, en: str, zh: str) -> str:
    return zh if language == "zh-CN" else en
