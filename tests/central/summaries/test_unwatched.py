"""Spans of cameras that did not watch, clipped to a period, put together and said."""

from datetime import UTC, datetime, timedelta

import pytest

from central.summaries.unwatched import (
    CAMERAS_MAX,
    SPANS_MAX,
    Absences,
    Noted,
    absences_of,
    length_text,
    unwatched_text,
)
from models.vlm.period import Period
from models.vlm.summary import Language

DAY = Period.around("day", datetime(2026, 3, 2, tzinfo=UTC))
NIGHT_AFTER = DAY.end + timedelta(hours=5)


def at(hour: float) -> datetime:
    return DAY.start + timedelta(hours=hour)


def out(since: float, until: float | None, state: str = "blind", camera: str | None = "gate") -> Noted:
    return ("north", "box-1", camera, state, at(since), None if until is None else at(until))


def told(*noted: Noted, now: datetime = NIGHT_AFTER, language: Language = "en") -> str:
    return unwatched_text(absences_of(DAY, noted, now), DAY, language)


def test_a_camera_that_was_blind_is_said_with_both_ends_and_what_that_means() -> None:
    assert told(out(8, 9.5)) == (
        "Camera gate did not watch from 08:00 to 09:30 (blind), 1 h 30 min in all. "
        "That no lead came from these times does not mean that nothing happened."
    )
    assert told(out(8, 9.5), language="zh-CN") == (
        "摄像机 gate 在 08:00 至 09:30 未监看（画面被遮挡），共 1 小时 30 分钟。这些时段没有线索，不代表没有事情发生。"
    )


def test_a_box_that_was_not_heard_is_not_called_blind() -> None:
    assert "Nothing was heard of box box-1 from 08:00 to 09:00, 1 h in all; its leads may still come." in told(
        out(8, 9, "unheard", None)
    )
    assert "08:00 至 09:00 未收到盒子 box-1 的消息，共 1 小时；其线索可能稍后到达。" in told(
        out(8, 9, "unheard", None), language="zh-CN"
    )
    assert absences_of(DAY, [out(8, 9, "unheard", None)], NIGHT_AFTER).cameras == ()


def test_only_what_is_within_the_period_counts() -> None:
    absences = absences_of(DAY, [out(-3, 2), out(23, 30), out(30, 31), out(-5, -4)], NIGHT_AFTER)
    (gate,) = absences.rows
    assert [(span.start, span.end) for span in gate.spans] == [(at(0), at(2)), (at(23), at(24))]
    assert absences.cameras_s == 3 * 3600
    assert "from 00:00 to 02:00, from 23:00 to 24:00" in told(out(-3, 2), out(23, 30))


def test_what_lasts_ends_now_and_not_in_the_future() -> None:
    (gate,) = absences_of(DAY, [out(8, None)], at(10)).rows
    assert (gate.seconds, gate.spans[0].lasting) == (7200, True)
    assert "did not watch since 08:00 (blind), 2 h in all" in told(out(8, None), now=at(10))
    assert "在 08:00 起 未监看" in told(out(8, None), now=at(10), language="zh-CN")
    (gate,) = absences_of(DAY, [out(8, None)], NIGHT_AFTER).rows
    assert (gate.seconds, gate.spans[0].lasting) == (16 * 3600, False)


def test_one_state_after_the_other_is_one_time_and_both_are_named() -> None:
    absences = absences_of(DAY, [out(9, 10, "frozen"), out(8, 9), out(10.01, 11)], NIGHT_AFTER)
    (gate,) = absences.rows
    assert (len(gate.spans), gate.states, gate.seconds) == (1, ("blind", "frozen"), 3 * 3600)


def test_two_reports_of_the_same_time_are_not_counted_twice() -> None:
    assert absences_of(DAY, [out(8, 12), out(9, 10, "moved")], NIGHT_AFTER).cameras_s == 4 * 3600


@pytest.mark.parametrize(
    ("more", "en", "zh"), [(0, " (blind)", ""), (1, " and once more", "等 6 段"), (2, " and 2 more times", "等 7 段")]
)
def test_many_times_are_counted_beyond_the_first_ones(more: int, en: str, zh: str) -> None:
    many = [out(hour, hour + 0.5) for hour in range(SPANS_MAX + more)]
    assert en in told(*many)
    assert zh in told(*many, language="zh-CN")


def test_cameras_beyond_the_limit_are_counted_as_left_out() -> None:
    many = [out(1, 2, camera=f"camera-{number:03}") for number in range(CAMERAS_MAX + 3)]
    absences = absences_of(DAY, many, NIGHT_AFTER)
    assert (len(absences.rows), absences.left) == (CAMERAS_MAX, 3)
    assert "Not listed: 3 more." in told(*many)
    assert "另有 3 处未列出。" in told(*many, language="zh-CN")


def test_nothing_known_is_nothing_said() -> None:
    assert absences_of(DAY, [], NIGHT_AFTER) == Absences()
    assert told() == ""
    assert told(language="zh-CN") == ""


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [(0, "0 min", "0 分钟"), (1, "1 min", "1 分钟"), (3600, "1 h", "1 小时"), (5461, "1 h 32 min", "1 小时 32 分钟")],
)
def test_a_length_is_in_hours_and_minutes(seconds: float, en: str, zh: str) -> None:
    assert (length_text(seconds, "en"), length_text(seconds, "zh-CN")) == (en, zh)
