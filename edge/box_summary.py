"""`xunjian edge summary`: an hour, a shift or a day of the box's own records, as fixed sentences or as JSON."""

import argparse
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from contract.ids import rfc3339, uuid7_moment
from edge.box_folder import open_outbox
from edge.clock import SystemClock
from edge.delivery.queued import CommittedIncident
from edge.feedback import FEEDBACK_JSON, FeedbackBook, PersonsDecision
from edge.moment_argument import moment
from models.vlm.period import Period
from models.vlm.summary import LANGUAGES, Facts, Language, Lead, row_sentence, tabulate, template_text, total_sentence


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
    if arguments.json:
        print(json.dumps(_document(period, facts, arguments.lang), ensure_ascii=False))
        return 0
    print(total_sentence(facts, arguments.lang))
    for row in facts.rows:
        print(row_sentence(row, arguments.lang))
    return 0


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


def _document(period: Period, facts: Facts, language: Language) -> dict[str, Any]:
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
        "source": "template",
        "text": template_text(facts, language),
    }
