from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from central.cases.case import State
from central.summaries.facts import PLACES_MAX, Record, count_facts
from central.summaries.service import table_of
from models.vlm.period import PERIOD_NAMES, Period, PeriodName

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = Period.around("day", MONDAY)


def record(hour: float, state: State = "lead", reason: str | None = None, **fields: str) -> Record:
    """decided ten minutes times the hour after it arrived, when it is decided."""
    opened = MONDAY + timedelta(hours=hour)
    return Record(
        type_id=fields.get("type_id", "fire.smoke"),
        site=fields.get("site", "north"),
        camera_id=fields.get("camera_id", "gate"),
        state=state,
        opened=opened,
        received_at=opened,
        decided_at=opened + timedelta(minutes=10 * hour) if state != "lead" else None,
        reason_code=reason,
    )


RECORDS = [
    record(1, "confirmed"),
    record(2.5, "rejected", "unclear"),
    record(2.75, "rejected", "duplicate"),
    record(9, "rejected", "unclear", camera_id="yard"),
    record(23.9, type_id="ppe.no_vest", camera_id="yard"),
]
BEFORE = [record(-22), record(-1, "confirmed")]


def test_a_day_is_counted_as_by_hand() -> None:
    facts = count_facts(DAY, None, RECORDS, BEFORE)
    total = facts.total
    assert [getattr(total, name).value for name in ("leads", "confirmed", "rejected", "inconclusive", "open")] == [
        5, 1, 3, 0, 1,
    ]  # fmt: skip
    assert facts.before.value == 2
    assert facts.minutes == pytest.approx((25 + 27.5) / 2)
    smoke, vest = facts.types
    assert (smoke.type_id, smoke.states.leads.value, smoke.reason) == ("fire.smoke", 4, "unclear")
    assert (vest.type_id, vest.states.leads.value, vest.reason, vest.minutes) == ("ppe.no_vest", 1, None, None)


def test_hours_and_places_are_counted_as_by_hand() -> None:
    facts = count_facts(DAY, None, RECORDS, BEFORE)
    assert {each.start.hour: each.leads.value for each in facts.trend if each.leads.value} == {1: 1, 2: 2, 9: 1, 23: 1}
    assert {each.start.hour: each.before.value for each in facts.trend if each.before.value} == {2: 1, 23: 1}
    gate, yard = facts.places
    assert (gate.camera_id, gate.leads.value, gate.hours[2].value) == ("gate", 3, 2)
    assert (yard.camera_id, yard.leads.value, yard.hours[9].value, yard.hours[2].value) == ("yard", 2, 1, 0)


def test_every_reason_is_counted_the_commonest_first() -> None:
    smoke, vest = count_facts(DAY, None, RECORDS, BEFORE).types
    assert [(each.reason_code, each.leads.value) for each in smoke.reasons] == [("unclear", 2), ("duplicate", 1)]
    assert vest.reasons == ()


def test_equal_reasons_are_told_in_one_order_whatever_the_order_of_the_records() -> None:
    two = [record(1, "rejected", "unclear"), record(2, "rejected", "duplicate")]
    assert count_facts(DAY, None, two, []).types[0].reason == "duplicate"
    assert count_facts(DAY, None, two[::-1], []) == count_facts(DAY, None, two, [])


def test_a_decision_before_the_arrival_is_a_clock_that_was_set_back_and_counts_no_minutes() -> None:
    back = replace(record(2, "confirmed"), decided_at=MONDAY)
    assert count_facts(DAY, None, [back], []).minutes is None
    assert count_facts(DAY, None, [back, record(1, "confirmed")], []).minutes == 10


def test_cameras_of_the_same_name_at_two_sites_are_two_places_in_words() -> None:
    assert [row.place for row in table_of(DAY, [record(1), record(1, site="south")]).rows] == [
        "north/gate",
        "south/gate",
    ]
    assert [row.place for row in table_of(DAY, [record(1), record(2)]).rows] == ["gate"]


def test_an_empty_day_is_all_zeros() -> None:
    facts = count_facts(DAY, "north", [], [])
    assert (facts.total.leads.value, facts.minutes, facts.types, facts.places) == (0, None, (), ())
    assert len(facts.trend) == 24


def test_places_beyond_the_limit_are_counted_as_left_out() -> None:
    many = [record(1, camera_id=f"camera-{index:03}") for index in range(PLACES_MAX + 3)]
    facts = count_facts(DAY, None, many, [])
    assert (len(facts.places), facts.places_left, facts.total.leads.value) == (PLACES_MAX, 3, PLACES_MAX + 3)


@pytest.mark.parametrize(
    ("name", "at", "start", "hours", "buckets"),
    [
        ("hour", (4, 13, 59), (4, 13), 1, 1),
        ("shift", (4, 5, 59), (3, 22), 8, 8),
        ("shift", (4, 6, 0), (4, 6), 8, 8),
        ("shift", (4, 22, 0), (4, 22), 8, 8),
        ("day", (4, 23, 59), (4, 0), 24, 24),
        ("week", (8, 23, 59), (2, 0), 168, 7),
    ],
)
def test_a_period_begins_where_people_begin_it(
    name: PeriodName, at: tuple[int, int, int], start: tuple[int, int], hours: int, buckets: int
) -> None:
    period = Period.around(name, datetime(2026, 3, *at, tzinfo=UTC))
    assert period.start == datetime(2026, 3, *start, tzinfo=UTC)
    assert period.end - period.start == timedelta(hours=hours)
    assert len(period.buckets()) == buckets
    assert period.bucket_of(period.end - timedelta(seconds=1)) == buckets - 1


@pytest.mark.parametrize("name", PERIOD_NAMES)
def test_periods_follow_each_other_without_a_gap(name: PeriodName) -> None:
    period = Period.around(name, MONDAY + timedelta(hours=5))
    assert period.previous.end == period.start
    assert Period.around(name, period.previous.start) == period.previous
    assert Period.around(name, period.end).previous == period
