"""The text beside a table of facts: a model's while it says exactly these facts, else the template's."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from central.summaries.tables import SummaryText
from models.vlm.ai_label import aigc
from models.vlm.reading import objections
from models.vlm.summary import Facts, Language, template_text, total_sentence
from models.vlm.summary_writer import ROWS_MAX, Summary

TEXTS_MAX = 2_000  # the newest are kept; an older one is written again when somebody looks
Ask = Callable[[Facts, Language], None]  # returns at once


@dataclass(frozen=True, slots=True)
class Told:
    """aigc: the label for machines, on a model's text alone."""

    text: str
    aigc: dict[str, str] | None = None


def facts_sha256(table: Facts) -> str:
    """Of everything that a text may say."""
    rows = [[row.place, row.type_id, row.states] for row in table.rows]
    said = [table.start.isoformat(), table.end.isoformat(), rows]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def template(table: Facts, language: Language) -> str:
    """A longer table is read as a table."""
    return template_text(table, language) if len(table.rows) <= ROWS_MAX else total_sentence(table, language)


def tell(session: Session, table: Facts, language: Language, ask: Ask | None = None) -> Told:
    """ask: told of a table that nobody has tried to write; a changed table is another one. What is stored is read
    against the facts once more: a row that somebody wrote by hand is not shown either.
    """
    stored = session.get(SummaryText, (facts_sha256(table), language))
    if stored is not None and stored.text is not None and not objections(stored.text, table, language):
        return Told(stored.text, aigc(stored.producer, stored.produce_id))
    if stored is None and ask is not None and 0 < len(table.rows) <= ROWS_MAX:
        ask(table, language)
    return Told(template(table, language))


def keep(
    session: Session, table: Facts, language: Language, summary: Summary, *, model: str, written_at: datetime
) -> None:
    """Also that nothing held, so that the model is not asked the same again."""
    label = summary.aigc or {}
    session.merge(
        SummaryText(
            facts_sha256=facts_sha256(table),
            language=language,
            text=summary.text if summary.source == "model" else None,
            reason=summary.reason,
            model=model[:200],
            producer=label.get("ContentProducer", ""),
            produce_id=label.get("ProduceID", ""),
            attempts=summary.attempts,
            written_at=written_at,
        )
    )
    session.flush()
    newest = select(SummaryText.written_at).order_by(SummaryText.written_at.desc()).offset(TEXTS_MAX).limit(1)
    oldest_left_out = session.scalar(newest)
    if oldest_left_out is not None:
        session.execute(delete(SummaryText).where(SummaryText.written_at <= oldest_left_out))
