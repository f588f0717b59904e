"""When cameras did not watch in a period, as a table and as sentences. A number of leads says nothing about such a
time, so no summary may be without it. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.vlm.period import Period
from models.vlm.summary import Language

CAMERAS_MAX = 40  # rows; how many are left out is said
SPANS_MAX = 5  # of one camera in words; the rest is counted
TOGETHER_S_MAX = 60.0  # a camera that watched for less in between did not watch

STATES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "blind": "blind", "frozen": "a frozen picture", "moved": "turned away", "offline": "no picture",
        "disabled": "switched off",
    },
    "zh-CN": {
        "blind": "画面被遮挡", "frozen": "画面冻结", "moved": "位置变动", "offline": "无画面", "disabled": "已停用",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """start, end: with a zone, of the period. lasting: at the end of it nobody had seen it end."""

    start: datetime
    end: datetime
    state: str
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Unwatched:
    """camera_id: None for a box of which nothing was heard. spans: in order, apart from each other."""

    site: str
    box_id: str
    camera_id: str | None
    states: tuple[str, ...]
    spans: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        return sum((span.end - span.start).total_seconds() for span in self.spans)


@dataclass(frozen=True, slots=True)
class Absences:
    """rows: cameras first, the longest first. left: rows beyond them."""

    rows: tuple[Unwatched, ...] = ()
    left: int = 0

    @property
    def cameras(self) -> tuple[Unwatched, ...]:
        return tuple(row for row in self.rows if row.camera_id is not None)

    @property
    def cameras_s(self) -> float:
        return sum(row.seconds for row in self.cameras)


NO_ABSENCES = Absences()
Noted = tuple[str, str, str | None, str, datetime, datetime | None]  # site, box, camera, state, since, until


def absences_of(period: Period, noted: Iterable[Noted], now: datetime) -> Absences:
    """noted: what overlaps the period; until None: it lasts at `now`. What is to come is no absence yet."""
    grouped: dict[tuple[str, str, str | None], list[Span]] = {}
    for site, box_id, camera_id, state, since, until in noted:
        start, end = max(since, period.start), min(until or now, period.end)
        if start < end:
            span = Span(start, end, state, lasting=until is None and end == now)
            grouped.setdefault((site, box_id, camera_id), []).append(span)
    rows = [
        Unwatched(*key, tuple(dict.fromkeys(span.state for span in sorted(spans, key=_start))), _joined(spans))
        for key, spans in grouped.items()
    ]
    rows.sort(key=lambda row: (row.camera_id is None, -row.seconds, row.site, row.box_id, row.camera_id or ""))
    return Absences(tuple(rows[:CAMERAS_MAX]), max(0, len(rows) - CAMERAS_MAX))


def _start(span: Span) -> datetime:
    return span.start


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in sorted(spans, key=_start):
        before = joined[-1] if joined else None
        if before is not None and span.start - before.end <= timedelta(seconds=TOGETHER_S_MAX):
            later = max(before, span, key=lambda one: one.end)
            joined[-1] = Span(before.start, later.end, before.state, later.lasting)
        else:
            joined.append(span)
    return tuple(joined)


def unwatched_text(absences: Absences, period: Period, language: Language) -> str:
    """Fixed sentences, no model's; empty when every camera watched as far as is known."""
    if not absences.rows:
        return ""
    several = len({row.site for row in absences.rows}) > 1
    said = [_sentence(row, period, language, several=several) for row in absences.rows]
    if language == "zh-CN":
        more = [f"另有 {absences.left} 处未列出。"] if absences.left else []
        return "".join([*said, *more, "这些时段没有线索，不代表没有事情发生。"])
    more = [f"Not listed: {absences.left} more."] if absences.left else []
    return " ".join([*said, *more, "That no lead came from these times does not mean that nothing happened."])


def _sentence(row: Unwatched, period: Period, language: Language, *, several: bool) -> str:
    name = row.camera_id or row.box_id
    place = f"{row.site}/{name}" if several else name
    shown = [span_text(span, period, language) for span in row.spans[:SPANS_MAX]]
    left = len(row.spans) - len(shown)
    length = length_text(row.seconds, language)
    if language == "zh-CN":
        times = "、".join(shown) + (f"等 {len(row.spans)} 段" if left else "")
        if row.camera_id is None:
            return f"{times} 未收到盒子 {place} 的消息，共 {length}；其线索可能稍后到达。"
        why = "、".join(STATES["zh-CN"].get(state, state) for state in row.states)
        return f"摄像机 {place} 在 {times} 未监看（{why}），共 {length}。"
    times = ", ".join(shown) + (f" and {left} more times" if left > 1 else " and once more" if left else "")
    total = f", {length} in all"
    if row.camera_id is None:
        return f"Nothing was heard of box {place} {times}{total}; its leads may still come."
    why = ", ".join(STATES["en"].get(state, state) for state in row.states)
    return f"Camera {place} did not watch {times} ({why}){total}."


def span_text(span: Span, period: Period, language: Language) -> str:
    """`from 08:10 to 09:00`, in the zone of the period; with the date where the period has several."""
    zone = period.start.tzinfo
    one_day = period.start.date() == (period.end - timedelta(seconds=1)).date()
    start, end = (
        moment.astimezone(zone).strftime("%H:%M" if one_day else "%m-%d %H:%M") for moment in (span.start, span.end)
    )
    if one_day and span.end == period.end and end == "00:00":
        end = "24:00"
    if language == "zh-CN":
        return f"{start} 起" if span.lasting else f"{start} 至 {end}"
    return f"since {start}" if span.lasting else f"from {start} to {end}"


def length_text(seconds: float, language: Language) -> str:
    """In minutes, rounded up: a camera that was out was out for more than nothing."""
    minutes = -int(-seconds // 60)
    hours, rest = divmod(minutes, 60)
    parts = [(hours, ("h", "小时")), (rest, ("min", "分钟"))]
    return " ".join(f"{number} {words[language == 'zh-CN']}" for number, words in parts if number) or (
        "0 分钟" if language == "zh-CN" else "0 min"
    )
