"""A summary: the facts of a period and the sentences that say them."""

from datetime import datetime

from sqlalchemy.orm import Session

from central.summaries.facts import PeriodFacts, Record, count_facts
from central.summaries.repository import outages_of, records_of, troubles_now
from central.summaries.unwatched import absences_of
from models.vlm.period import Period
from models.vlm.summary import Facts, Lead, LeadState, tabulate


def facts_and_table(session: Session, period: Period, site: str | None, now: datetime) -> tuple[PeriodFacts, Facts]:
    """The second: the same records as the table that a text is written from and checked against."""
    records = records_of(session, period, site)
    before = records_of(session, period.previous, site)
    absences = absences_of(period, outages_of(session, period, site, now), now)
    troubles = troubles_now(session, site, now)
    facts = count_facts(period, site, records, before, troubles=troubles, absences=absences)
    return facts, table_of(period, records)


def table_of(period: Period, records: list[Record]) -> Facts:
    """A place is a camera; with several sites a camera of its site: two may have a gate of the same name."""
    several = len({record.site for record in records}) > 1
    places = (f"{record.site}/{record.camera_id}" if several else record.camera_id for record in records)
    leads = (Lead(place, record.type_id, _said(record)) for place, record in zip(places, records, strict=True))
    return tabulate(leads, period.start.replace(tzinfo=None), period.end.replace(tzinfo=None))


def _said(record: Record) -> LeadState:
    return "undecided" if record.state == "lead" else record.state
