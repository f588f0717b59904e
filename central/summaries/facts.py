"""What happened in a period, counted. Every number carries the filter that lists what it counts. No I/O."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import TypeVar

from central.cases.case import CaseFilter, State
from central.summaries.unwatched import NO_ABSENCES, Absences
from models.vlm.period import Period

Key = TypeVar("Key")
PLACES_MAX = 40  # rows of the table of places; how many are left out is said


@dataclass(frozen=True, slots=True)
class Record:
    """One incident. decided_at: of the first decision; reason_code: of the newest one."""

    type_id: str
    site: str
    camera_id: str
    state: State
    opened: datetime
    received_at: datetime
    decided_at: datetime | None = None
    reason_code: str | None = None

    @property
    def minutes_to_decision(self) -> float | None:
        return (self.decided_at - self.received_at).total_seconds() / 60 if self.decided_at else None


@dataclass(frozen=True, slots=True)
class Count:
    """chosen: lists exactly what is counted."""

    value: int
    chosen: CaseFilter


@dataclass(frozen=True, slots=True)
class States:
    leads: Count  # of every state
    confirmed: Count
    rejected: Count
    inconclusive: Count
    open: Count


@dataclass(frozen=True, slots=True)
class ReasonCount:
    reason_code: str
    leads: Count


@dataclass(frozen=True, slots=True)
class TypeRow:
    """reasons: of the rejections, the commonest first, by name among equals. minutes: the median from arrival to the
    first decision.
    """

    type_id: str
    states: States
    reasons: tuple[ReasonCount, ...]
    minutes: float | None

    @property
    def reason(self) -> str | None:
        """The commonest."""
        return self.reasons[0].reason_code if self.reasons else None


@dataclass(frozen=True, slots=True)
class Bucket:
    start: datetime
    leads: Count
    before: Count  # in the same bucket of the previous period


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """hours: one count for each bucket of the period."""

    site: str
    camera_id: str
    leads: Count
    hours: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What does not work now. for_s: how long, where it is known."""

    box_id: str
    camera_id: str | None
    state: str
    for_s: float | None


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    period: Period
    site: str | None
    total: States
    before: Count
    minutes: float | None
    types: tuple[TypeRow, ...]
    trend: tuple[Bucket, ...]
    places: tuple[PlaceRow, ...]
    places_left: int
    troubles: tuple[Trouble, ...]
    absences: Absences


def count_facts(
    period: Period,
    site: str | None,
    records: Sequence[Record],
    before: Sequence[Record],
    *,
    troubles: Iterable[Trouble] = (),
    absences: Absences = NO_ABSENCES,
) -> PeriodFacts:
    """records, before: of the period and of the previous one, of that site alone when one is named."""
    places = sorted(Counter((record.site, record.camera_id) for record in records).items(), key=_most_first)
    types = sorted(Counter(record.type_id for record in records).items(), key=_most_first)
    return PeriodFacts(
        period=period,
        site=site,
        total=_states(records, _all_of(period, site=site)),
        before=Count(len(before), _all_of(period.previous, site=site)),
        minutes=_median(records),
        types=tuple(_type_row(type_id, records, period, site) for type_id, _ in types),
        trend=_trend(period, site, records, before),
        places=tuple(_place_row(place, records, period) for place, _ in places[:PLACES_MAX]),
        places_left=max(0, len(places) - PLACES_MAX),
        troubles=tuple(troubles),
        absences=absences,
    )


def _most_first(entry: tuple[Key, int]) -> tuple[int, Key]:
    return -entry[1], entry[0]


def _all_of(period: Period, **fields: str | None) -> CaseFilter:
    return CaseFilter(
        type_id=fields.get("type_id"),
        site=fields.get("site"),
        camera_id=fields.get("camera_id"),
        since=period.start,
        until=period.end,
    )


def _states(records: Iterable[Record], chosen: CaseFilter) -> States:
    counts = Counter(record.state for record in records)

    def of(state: State) -> Count:
        return Count(counts[state], narrowed(chosen, state))

    return States(Count(counts.total(), chosen), of("confirmed"), of("rejected"), of("inconclusive"), of("lead"))


def narrowed(chosen: CaseFilter, state: State, reason_code: str | None = None) -> CaseFilter:
    return replace(chosen, state=state, reason_code=reason_code)


def _type_row(type_id: str, records: Iterable[Record], period: Period, site: str | None) -> TypeRow:
    of_type = [record for record in records if record.type_id == type_id]
    reasons = Counter(record.reason_code for record in of_type if record.state == "rejected" and record.reason_code)
    chosen = _all_of(period, type_id=type_id, site=site)
    told = tuple(
        ReasonCount(code, Count(count, narrowed(chosen, "rejected", code)))
        for code, count in sorted(reasons.items(), key=_most_first)
    )
    return TypeRow(type_id, _states(of_type, chosen), told, _median(of_type))


def _trend(period: Period, site: str | None, records: Iterable[Record], before: Iterable[Record]) -> tuple[Bucket, ...]:
    now = Counter(period.bucket_of(record.opened) for record in records)
    then = Counter(period.previous.bucket_of(record.opened) for record in before)
    buckets, earlier = _bucket_filters(period, site=site), _bucket_filters(period.previous, site=site)
    return tuple(
        Bucket(start, Count(now[index], buckets(index)), Count(then[index], earlier(index)))
        for index, start in enumerate(period.buckets())
    )


def _place_row(place: tuple[str, str], records: Iterable[Record], period: Period) -> PlaceRow:
    site, camera_id = place
    counts = Counter(period.bucket_of(record.opened) for record in records if (record.site, record.camera_id) == place)
    filters = _bucket_filters(period, site=site, camera_id=camera_id)
    hours = tuple(Count(counts[index], filters(index)) for index in range(len(period.buckets())))
    return PlaceRow(site, camera_id, Count(counts.total(), _all_of(period, site=site, camera_id=camera_id)), hours)


def _bucket_filters(period: Period, **fields: str | None) -> Callable[[int], CaseFilter]:
    def chosen(index: int) -> CaseFilter:
        start = period.start + index * period.step
        return _all_of(Period(period.name, start, start + period.step), **fields)

    return chosen


def _median(records: Iterable[Record]) -> float | None:
    minutes = [record.minutes_to_decision for record in records]
    known = [each for each in minutes if each is not None and each >= 0]  # below: a clock was set back in between
    return median(known) if known else None
