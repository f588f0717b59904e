"""What `GET /api/summaries` answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from central.cases.case import CaseFilter
from central.summaries.facts import Count, PeriodFacts, States, TypeRow
from central.summaries.texts import Told
from central.summaries.unwatched import Unwatched, unwatched_text
from contract.ids import rfc3339
from models.vlm.ai_label import AI_LABEL
from models.vlm.period import PeriodName
from models.vlm.summary import Language


class Number(BaseModel):
    """incidents: the query that lists what was counted."""

    value: int
    incidents: str

    @classmethod
    def of(cls, count: Count) -> "Number":
        query = urlencode(filter_fields(count.chosen))
        return cls(value=count.value, incidents=f"/api/incidents?{query}")


def filter_fields(chosen: CaseFilter) -> dict[str, str]:
    """As the query of the list of incidents has them."""
    said = {"type": chosen.type_id, "site": chosen.site, "camera": chosen.camera_id, "state": chosen.state}
    said |= {"reason": chosen.reason_code}
    times = {"since": chosen.since, "until": chosen.until}
    return {name: text for name, text in said.items() if text} | {
        name: rfc3339(moment) for name, moment in times.items() if moment
    }


class StateNumbers(BaseModel):
    """leads: of every state. open: nobody has decided."""

    leads: Number
    confirmed: Number
    rejected: Number
    inconclusive: Number
    open: Number

    @classmethod
    def of(cls, states: States) -> "StateNumbers":
        return cls(
            leads=Number.of(states.leads),
            confirmed=Number.of(states.confirmed),
            rejected=Number.of(states.rejected),
            inconclusive=Number.of(states.inconclusive),
            open=Number.of(states.open),
        )


class ReasonLine(BaseModel):
    reason: str
    leads: Number


class TypeLine(BaseModel):
    """reason: the commonest of the rejections; reasons: all of them, the commonest first. minutes: the median from
    arrival to the first decision.
    """

    type: str
    states: StateNumbers
    reason: str | None
    reasons: list[ReasonLine]
    minutes: float | None

    @classmethod
    def of(cls, row: TypeRow) -> "TypeLine":
        reasons = [ReasonLine(reason=each.reason_code, leads=Number.of(each.leads)) for each in row.reasons]
        states = StateNumbers.of(row.states)
        return cls(type=row.type_id, states=states, reason=row.reason, reasons=reasons, minutes=row.minutes)


class BucketLine(BaseModel):
    start: datetime
    leads: Number
    before: Number


class PlaceLine(BaseModel):
    """hours: leads by bucket, as `trend` has them."""

    site: str
    camera: str
    leads: Number
    hours: list[Number]


class TroubleLine(BaseModel):
    box_id: str
    camera: str | None
    state: str
    for_s: float | None


class SpanLine(BaseModel):
    """lasting: it had not ended when this was asked."""

    start: datetime
    end: datetime
    lasting: bool


class UnwatchedLine(BaseModel):
    """A camera that did not watch, with why; camera null: a box of which nothing was heard, whose leads may still
    come. seconds: of its spans together, which are by the centre's clock.
    """

    site: str
    box_id: str
    camera: str | None
    states: list[str]
    seconds: float
    spans: list[SpanLine]

    @classmethod
    def of(cls, row: Unwatched) -> "UnwatchedLine":
        spans = [SpanLine(start=span.start, end=span.end, lasting=span.lasting) for span in row.spans]
        return cls(
            site=row.site,
            box_id=row.box_id,
            camera=row.camera_id,
            states=list(row.states),
            seconds=row.seconds,
            spans=spans,
        )


class TextLine(BaseModel):
    """source: `template` are fixed sentences; a text of `model` has its label, for machines under `AIGC`. unwatched:
    fixed sentences in either case, empty where every camera watched as far as is known.
    """

    model_config = ConfigDict(populate_by_name=True)

    source: Literal["template", "model"]
    text: str
    label: str | None
    aigc: dict[str, str] | None = Field(serialization_alias="AIGC")
    unwatched: str

    @classmethod
    def of(cls, told: Told, language: Language, unwatched: str) -> "TextLine":
        if told.aigc is None:
            return cls(source="template", text=told.text, label=None, aigc=None, unwatched=unwatched)
        return cls(source="model", text=told.text, label=AI_LABEL[language], aigc=told.aigc, unwatched=unwatched)


class SummaryAnswer(BaseModel):
    """start, end: of `opened`, end exclusive. before: of the previous period. troubles: as they are now. unwatched:
    cameras that did not watch in the period, so that no lead from there says nothing.
    """

    period: PeriodName
    start: datetime
    end: datetime
    site: str | None
    total: StateNumbers
    before: Number
    minutes: float | None
    types: list[TypeLine]
    trend: list[BucketLine]
    places: list[PlaceLine]
    places_left: int
    troubles: list[TroubleLine]
    unwatched: list[UnwatchedLine]
    unwatched_left: int
    summary: dict[Language, TextLine]

    @classmethod
    def of(cls, facts: PeriodFacts, texts: Mapping[Language, Told]) -> "SummaryAnswer":
        number = Number.of
        return cls(
            period=facts.period.name,
            start=facts.period.start,
            end=facts.period.end,
            site=facts.site,
            total=StateNumbers.of(facts.total),
            before=number(facts.before),
            minutes=facts.minutes,
            types=[TypeLine.of(row) for row in facts.types],
            trend=[
                BucketLine(start=each.start, leads=number(each.leads), before=number(each.before))
                for each in facts.trend
            ],
            places=[
                PlaceLine(
                    site=row.site, camera=row.camera_id, leads=number(row.leads), hours=[number(c) for c in row.hours]
                )
                for row in facts.places
            ],
            places_left=facts.places_left,
            troubles=[
                TroubleLine(box_id=each.box_id, camera=each.camera_id, state=each.state, for_s=each.for_s)
                for each in facts.troubles
            ],
            unwatched=[UnwatchedLine.of(row) for row in facts.absences.rows],
            unwatched_left=facts.absences.left,
            summary={
                language: TextLine.of(told, language, unwatched_text(facts.absences, facts.period, language))
                for language, told in texts.items()
            },
        )
