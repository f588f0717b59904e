"""The summaries page: the facts of a period with a link from every number to the list behind it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from central.cases.repository import filter_values
from central.summaries.facts import Count, PeriodFacts
from central.summaries.schemas import filter_fields
from central.summaries.service import facts_and_table
from central.summaries.texts import Ask, tell
from central.summaries.unwatched import length_text, unwatched_text
from central.web.pages import EVERY_STATE
from central.web.view import type_name
from central.web.wording import Wording
from contract.ids import rfc3339
from models.vlm.ai_label import AI_LABEL
from models.vlm.period import PERIOD_NAMES, Period, PeriodName

SHADES = 4  # of the table of places, beside none


@dataclass(frozen=True, slots=True)
class Linked:
    """shade: 0..SHADES, the number's share of the table's largest. share: 0..100, of the longest bar."""

    value: int
    url: str
    shade: int = 0
    share: float = 0.0


def linked(count: Count, most: int = 0) -> Linked:
    query = urlencode({"state": EVERY_STATE} | filter_fields(count.chosen))
    share = count.value / most if most else 0.0
    return Linked(count.value, f"/?{query}", -int(-share * SHADES // 1), round(share * 100, 1))


def summary_context(
    session: Session, period: Period, site: str, now: datetime, t: Wording, *, ask: Ask | None
) -> dict[str, Any]:
    """For `summaries.html`. Raises TooManyError."""
    facts, table = facts_and_table(session, period, site or None, now)
    sites = filter_values(session)["site"]
    told = tell(session, table, t.language, ask)
    return _choices(period, site, sites) | {
        "total": {name: linked(getattr(facts.total, name)) for name in facts.total.__slots__},
        "before": linked(facts.before),
        "minutes": facts.minutes,
        "text": told.text,
        "ai_label": AI_LABEL[t.language] if told.aigc else None,
        "aigc": json.dumps(told.aigc, ensure_ascii=False) if told.aigc else None,
        "types": [
            {
                "name": type_name(row.type_id, t),
                "numbers": [linked(getattr(row.states, name)) for name in row.states.__slots__],
                "reasons": [(each.reason_code, linked(each.leads)) for each in row.reasons],
                "minutes": row.minutes,
            }
            for row in facts.types
        ],
        "trend": _trend(facts),
        "heads": [_head(start, period) for start in period.buckets()],
        "places": _places(facts),
        "places_left": facts.places_left,
        "troubles": facts.troubles,
        "unwatched": unwatched_text(facts.absences, period, t.language),
        "unwatched_cameras": len(facts.absences.cameras),
        "unwatched_length": length_text(facts.absences.cameras_s, t.language),
    }


def page_url(name: PeriodName, moment: datetime, site: str) -> str:
    said = {"period": name, "at": rfc3339(moment), "site": site}
    return f"/summaries?{urlencode({key: text for key, text in said.items() if text})}"


def _choices(period: Period, site: str, sites: list[str]) -> dict[str, Any]:
    return {
        "period": period,
        "at": rfc3339(period.start),
        "periods": [(name, page_url(name, period.start, site)) for name in PERIOD_NAMES],
        "earlier": page_url(period.name, period.previous.start, site),
        "later": page_url(period.name, period.end, site),
        "site": site,
        "sites": sites if not site or site in sites else [*sites, site],
    }


def _trend(facts: PeriodFacts) -> list[dict[str, Any]]:
    most = max((max(each.leads.value, each.before.value) for each in facts.trend), default=0)
    return [
        {
            "head": _head(each.start, facts.period),
            "leads": linked(each.leads, most),
            "before": linked(each.before, most),
        }
        for each in facts.trend
    ]


def _places(facts: PeriodFacts) -> list[dict[str, Any]]:
    most = max((hour.value for row in facts.places for hour in row.hours), default=0)
    return [
        {
            "name": row.camera_id,
            "site": row.site,
            "leads": linked(row.leads),
            "hours": [linked(hour, most) for hour in row.hours],
        }
        for row in facts.places
    ]


def _head(start: datetime, period: Period) -> str:
    return start.strftime("%m-%d" if period.name == "week" else "%H")
