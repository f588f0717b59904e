"""`xunjian edge summary`: an hour, a shift or a day of the box's own records, in sentences or as JSON.

A language model writes them where box.yaml names its server, and only while all that it says is in the records.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from contract.ids import rfc3339, uuid7, uuid7_moment
from edge.box_folder import BoxError, open_outbox
from edge.clock import SystemClock
from edge.delivery.queued import CommittedIncident
from edge.feedback import FEEDBACK_JSON, FeedbackBook, PersonsDecision
from edge.moment_argument import moment
from edge.settings import BOX_YAML, Settings
from models.vlm.ai_label import AI_LABEL
from models.vlm.chat_server import ChatServer, ServerAddress
from models.vlm.period import Period
from models.vlm.summary import LANGUAGES, Facts, Language, Lead, row_sentence, tabulate, total_sentence
from models.vlm.summary_writer import Summary, write_summary
from models.vlm.timed_model import TimedModel


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summing = commands.add_parser("summary", help="what this box recorded in an hour, a shift or a day")
    summing.add_argument("folder", type=Path, metavar="DIR")
    summing.add_argument("--period", choices=("hour", "shift", "day"), default="shift", help="default: shift")
    summing.add_argument("--at", type=moment, metavar="TIME", help="in the period; default: now")
    summing.add_argument("--lang", choices=LANGUAGES, default="zh-CN", help="default: zh-CN")
    summing.add_argument("--json", action="store_true", help="the table and its text as one JSON object")
    summing.set_defaults(run=_summary)


def _summary(arguments: argparse.Namespace) -> int:
    at = (arguments.at or SystemClock().now().wall).astimezone()
    period = Period.around(arguments.period, at)
    with open_outbox(arguments.folder) as outbox:
        decided = FeedbackBook(arguments.folder / FEEDBACK_JSON, outbox.committed)
        facts = facts_of(outbox.incidents(), decided.decision_of, period)
    summary = _written(arguments.folder, facts, arguments.lang)
    if arguments.json:
        print(json.dumps(_document(period, facts, summary, arguments.lang), ensure_ascii=False))
    elif summary.source == "model":
        print(AI_LABEL[arguments.lang], summary.text, sep="\n")
    else:
        print(
            total_sentence(facts, arguments.lang), *(row_sentence(row, arguments.lang) for row in facts.rows), sep="\n"
        )
    return 0


def _written(folder: Path, facts: Facts, language: Language) -> Summary:
    """A replay's folder has no settings. Raises BoxError, SettingsError."""
    settings = Settings.load(folder) if (folder / BOX_YAML).exists() else None
    if settings is None or settings.text_server is None:
        return write_summary(facts, language, None)
    server = settings.text_server
    server.refuse_an_open_key(folder)
    try:
        key = (folder / server.key_file).read_text(encoding="utf-8").strip() if server.key_file else None
    except (OSError, UnicodeDecodeError) as error:
        raise BoxError(f"{server.key_file}: cannot be read; it holds the key of {server.url}") from error
    address = ServerAddress(server.url, server.model, key, concurrent_max=1, takes_grammars=server.takes_grammars)
    chat = ChatServer(address)
    try:
        producer = f"{settings.tenant}.{settings.site}.{settings.box_id}"
        new_id = partial(uuid7, SystemClock().now().wall)
        summary = write_summary(facts, language, TimedModel(chat), producer=producer, new_id=new_id)
    finally:
        chat.close()
    if summary.refused:
        why = "; ".join(summary.refused[-1][1])
        shown = "in its second words" if summary.source == "model" else "not shown"
        print(f"xunjian edge: the language model's text is {shown}: {why}", file=sys.stderr)
    return summary


def facts_of(
    incidents: Iterable[CommittedIncident], decision_of: Callable[[str], PersonsDecision | None], period: Period
) -> Facts:
    """Of the incidents that opened in the period: the time is the one in their id."""
    chosen = [one for one in incidents if period.start <= uuid7_moment(one.incident_id) < period.end]
    decisions = {one.incident_id: decision_of(one.incident_id) for one in chosen}
    leads = (
        Lead(one.camera_id, one.type_id, made.decision if (made := decisions[one.incident_id]) else "undecided")
        for one in chosen
    )
    return tabulate(leads, period.start.replace(tzinfo=None), period.end.replace(tzinfo=None))


def _document(period: Period, facts: Facts, summary: Summary, language: Language) -> dict[str, Any]:
    rows = [
        {"camera": row.place, "type": row.type_id, "leads": row.leads, "states": dict(row.states)} for row in facts.rows
    ]
    return {
        "period": period.name,
        "start": rfc3339(period.start),
        "end": rfc3339(period.end),
        "leads": facts.leads,
        "states": dict(facts.states),
        "rows": rows,
        "source": summary.source,
        "text": summary.text,
        "label": AI_LABEL[language] if summary.aigc else None,
        "AIGC": summary.aigc,
    }
