"""How a real small language model fares as the writer of summaries, and what of it people would see.

    uv run --no-sync python -m tests.bench.bench_summaries --url http://127.0.0.1:8091 --count 1000 --out FILE.jsonl

FILE holds a line a summary and is gone on with when it is there; `--report FILE` counts what it holds and runs nothing.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from contract.catalogue import catalogue
from models.vlm.chat_server import ChatServer, ServerAddress
from models.vlm.reading import objections
from models.vlm.summary import LEAD_STATES, Facts, Language, Lead, tabulate, template_text, type_name
from models.vlm.summary_writer import Summary, TextModel, write_summary
from tests.bench.unsupported import STATES, unsupported

PLACES = (
    *(f"gate_{number}" for number in (1, 3, 12, 31)), "yard-1", "yard-11", "Dock 4", "cam.7", "North hall",
    "loading bay 2",    "一号门", "三号门", "东区料场", "北门 2", "食堂后厨", "码头A区", "12号楼", "cam_22",
)  # fmt: skip
COUNTS = (1, 1, 1, 2, 2, 3, 4, 5, 7, 9, 12, 16)
PERIODS = {"hour": (1, (1, 1, 2)), "shift": (8, (1, 2, 2)), "day": (24, (1, 2, 3))}
TIMEOUT_S = 240.0  # a busy machine


def made_facts(number: int) -> tuple[Facts, Language, str]:
    """Table number so and so, its language, and the length of its period: the same every time."""
    chosen = random.Random(f"summary {number}")
    language: Language = "en" if number % 2 else "zh-CN"
    period = list(PERIODS)[number // 2 % len(PERIODS)]
    hours, rows = PERIODS[period]
    leads: list[Lead] = []
    for _ in range(chosen.choice(rows)):
        place, type_id = chosen.choice(PLACES), chosen.choice(sorted(catalogue()))
        for state in chosen.sample(LEAD_STATES, chosen.randint(1, 4)):
            leads += [Lead(place, type_id, state)] * chosen.choice(COUNTS)
    start = datetime(2026, chosen.randint(1, 12), chosen.randint(1, 28), 0 if hours == 24 else chosen.randint(0, 23))  # noqa: DTZ001 - wall time
    return tabulate(leads, start, start + timedelta(hours=hours)), language, period


def planted(facts: Facts, language: Language) -> Iterator[tuple[str, str]]:
    """Texts that are wrong in one place each, and in what."""
    true = template_text(facts, language)
    row = facts.rows[0]
    state, count = row.states[0]
    word = next(name for name, known in STATES[language].items() if known == state)
    other = next(one for one in LEAD_STATES if one not in dict(facts.states) or one != state)
    other_word = next(name for name, known in STATES[language].items() if known == other)
    last = true.rfind(word)
    yield "state", true[:last] + other_word + true[last + len(word) :]
    claims = (f"{word} {{}} 条", f"{{}} {word}")[language == "en"]
    yield "number", true.replace(claims.format(count), claims.format(count + 1))
    yield "place", true.replace(row.place, next(place for place in PLACES if place not in true))
    others = (type_id for type_id in sorted(catalogue()) if type_name(type_id, language) not in true)
    yield "type", true.replace(type_name(row.type_id, language), type_name(next(others), language))
    yield "time", true.replace(facts.period()[1], (facts.end + timedelta(minutes=7)).strftime("%H:%M"))
    yield "word", true.replace(word, f"not {word}" if language == "en" else f"未{word}")
    more = replace(row, place="gate_99", states=((state, 2),))
    yield "sentence", true + (" " if language == "en" else "") + template_text(replace(facts, rows=(more,)), language)


def missed_mistakes(facts: Facts, language: Language) -> list[str]:
    """Planted mistakes that one of the two readers does not find, and the truth when one of them refuses it."""
    missed = []
    for kind, text in planted(facts, language):
        if not objections(text, facts, language):
            missed.append(f"checker: {kind}: {text}")
        if not unsupported(text, facts, language, PLACES):
            missed.append(f"second reader: {kind}: {text}")
    true = template_text(facts, language)
    if refused := objections(true, facts, language) + unsupported(true, facts, language, PLACES):
        missed.append(f"refuses what is true: {refused}: {true}")
    return missed


def line_of(number: int, model: TextModel) -> dict[str, object]:
    facts, language, period = made_facts(number)
    started_s = time.perf_counter()
    summary: Summary = write_summary(facts, language, model)
    return {
        "number": number,
        "language": language,
        "period": period,
        "rows": len(facts.rows),
        "source": summary.source,
        "attempts": summary.attempts,
        "reason": summary.reason,
        "unsupported": unsupported(summary.text, facts, language, PLACES),
        "missed": missed_mistakes(facts, language),
        "text": summary.text,
        "refused": summary.refused,
        "seconds": round(time.perf_counter() - started_s, 2),
    }


def report(lines: Sequence[dict[str, object]]) -> dict[str, int]:
    kinds = Counter(
        "model failed"
        if line["reason"] == "model_failed"
        else "replaced by the template"
        if line["source"] == "template"
        else ("first try" if line["attempts"] == 1 else "after a retry")
        for line in lines
    )
    refused = sum(len(line["refused"]) for line in lines if isinstance(line["refused"], list | tuple))
    return {
        "summaries": len(lines),
        "shown with an unsupported claim": sum(bool(line["unsupported"]) for line in lines),
        "planted mistakes missed": sum(len(line["missed"]) for line in lines if isinstance(line["missed"], list)),
        "sentences of the model refused": refused,
        **kinds,
    }


def read_lines(path: Path) -> list[dict[str, object]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench_summaries")
    parser.add_argument("--url")
    parser.add_argument("--first", type=int, default=0, help="number of the first; two runs can share the work")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--report", type=Path, nargs="+", metavar="FILE")
    told = parser.parse_args(arguments)
    if told.report is None:
        if told.url is None or told.out is None:
            parser.error("--url and --out, or --report")
        _run(told.url, range(told.first, told.first + told.count), told.out)
    lines = [line for path in told.report or [told.out] for line in read_lines(path)]
    for name, group in {"all": lines, **_groups(lines)}.items():
        print(name, json.dumps(report(group)))
    return 0


def _groups(lines: Sequence[dict[str, object]]) -> dict[str, list[dict[str, object]]]:
    keys = [("language", "zh-CN"), ("language", "en"), *(("period", period) for period in PERIODS)]
    return {value: [line for line in lines if line[key] == value] for key, value in keys}


def _run(url: str, numbers: Sequence[int], out: Path) -> None:
    model = ChatServer(ServerAddress(url, "gemma3-270m", timeout_s=TIMEOUT_S, takes_grammars=True))
    done = {line["number"] for line in read_lines(out) if line["reason"] != "model_failed"}
    for number in numbers:
        if number not in done:
            line = line_of(number, model)
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
