"""When a rule is on duty, in the local time of the box. 2026-03-02 is a Monday."""

from datetime import date, datetime

import pytest

from edge.rules.errors import RulesError
from edge.rules.schedule import ALL_DAY, ALWAYS, Schedule, Window
from edge.rules.schedule_entry import read_schedule
from edge.rules.yaml_lines import read_yaml

NIGHT = Window(22 * 60, 6 * 60)
WORK = (Window(8 * 60, 12 * 60), Window(13 * 60, 18 * 60))
WORKDAYS = (WORK,) * 5 + ((), ())


@pytest.mark.parametrize(
    ("when", "on_duty"),
    [
        ("2026-03-02 07:59:59", False),
        ("2026-03-02 08:00:00", True),  # the start belongs to the window
        ("2026-03-02 12:00:00", False),  # the end does not
        ("2026-03-02 13:30:00", True),
        ("2026-03-07 09:00:00", False),  # a Saturday
    ],
)
def test_a_rule_works_in_the_windows_of_the_day(when: str, on_duty: bool) -> None:
    assert Schedule(weekly=WORKDAYS).covers(datetime.fromisoformat(when)) == on_duty


@pytest.mark.parametrize(
    ("when", "on_duty"),
    [
        ("2026-03-02 21:59:00", False),
        ("2026-03-02 22:00:00", True),
        ("2026-03-03 05:59:00", True),  # Monday's night goes on
        ("2026-03-03 06:00:00", False),
        ("2026-03-03 23:00:00", False),  # Tuesday has no night
        ("2026-03-02 01:00:00", False),  # nor has Sunday
    ],
)
def test_a_window_past_midnight_belongs_to_the_day_it_starts_on(when: str, on_duty: bool) -> None:
    monday_night = Schedule(weekly=((NIGHT,), (), (), (), (), (), ()))
    assert monday_night.covers(datetime.fromisoformat(when)) == on_duty


def test_on_a_holiday_the_rule_rests_unless_the_holiday_has_windows_of_its_own() -> None:
    holiday = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - local time
    resting = Schedule(weekly=WORKDAYS, holidays=frozenset({date(2026, 3, 2)}))
    assert not resting.covers(holiday)
    watching = Schedule(weekly=WORKDAYS, holidays=frozenset({date(2026, 3, 2)}), holiday=(ALL_DAY,))
    assert watching.covers(holiday.replace(hour=3))
    assert not watching.covers(holiday.replace(day=3, hour=3))


def test_without_a_schedule_a_rule_never_rests() -> None:
    assert ALWAYS.covers(datetime(2026, 3, 1, 0, 0))  # noqa: DTZ001 - local time
    assert ALWAYS.covers(datetime(2026, 3, 1, 23, 59, 59))  # noqa: DTZ001 - local time


def test_a_day_that_makes_up_for_a_holiday_has_the_windows_of_monday() -> None:
    schedule = Schedule(weekly=WORKDAYS, make_up_days=frozenset({date(2026, 3, 7)}))
    assert schedule.covers(datetime(2026, 3, 7, 9, 0))  # noqa: DTZ001 - local time
    assert not schedule.covers(datetime(2026, 3, 7, 12, 30))  # noqa: DTZ001 - local time
    assert not schedule.covers(datetime(2026, 3, 14, 9, 0))  # noqa: DTZ001 - local time


def test_a_schedule_without_such_days_has_the_canonical_form_it_always_had() -> None:
    assert set(Schedule(weekly=WORKDAYS).canonical()) == {"weekly", "holidays"}


def test_a_rules_file_names_them_and_a_day_cannot_be_both() -> None:
    text = "weekly: {mon-fri: ['08:00-12:00']}\nholidays: [2026-10-01]\nmake_up_days: [2026-10-10]\n"
    assert read_schedule(read_yaml("r.yaml", text)).make_up_days == {date(2026, 10, 10)}
    with pytest.raises(RulesError, match="3: make_up_days: 2026-10-01 is in holidays as well"):
        read_schedule(read_yaml("r.yaml", text.replace("10-10", "10-01")))
