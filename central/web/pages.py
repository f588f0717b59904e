"""What a page is made from, read in one snapshot of the database, and the filters of the queue."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from central.alerts.alert import SHAPES
from central.audit.access import ACCESS_REASONS
from central.audit.service import register_of
from central.cases.case import REASON_CODES, STATES, CaseFilter, State
from central.cases.day import day_since
from central.cases.repository import count_by_state, filter_values, get_case, list_cases, newest_stored_seq
from central.devices.sight import cameras_out_of_sight
from central.evidence.repository import files_of, manifests_of
from central.web.view import IncidentView, incident_view, queue_item, type_name
from central.web.wording import Wording
from contract.incident_report import Severity

PERIODS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
SEVERITIES: tuple[str, ...] = get_args(Severity)
REASON_KEYS = "1234567890tpmo"  # one for each reason code of a rejection, in the order of REASON_CODES
KEYS = (
    ("J K", "next"),
    ("C", "confirm"),
    ("R", "reject"),
    ("N", "inconclusive"),
    ("U", "undo"),
    ("Space", "play"),
    ("B", "unblur"),
    ("I", "opinion"),
    ("?", "help"),
)
EVERY_STATE = "all"
ALARMS_MAX = 3  # safety leads that nobody has decided stand above everything, newest first
ALARM_LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What the address says. Empty = all; state: leads only, unless another or `all` is chosen."""

    type: str = ""
    site: str = ""
    camera: str = ""
    severity: str = ""
    state: str = "lead"
    period: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    reason: str = ""

    def chosen(self, now: datetime) -> CaseFilter:
        """Unknown words of an old address choose nothing."""
        state: State | None = next((each for each in STATES if each == self.state), None)
        return CaseFilter(
            type_id=self.type or None,
            site=self.site or None,
            camera_id=self.camera or None,
            severity=self.severity or None,
            state=state,
            since=_moment(self.since) or (now - PERIODS[self.period] if self.period in PERIODS else None),
            until=_moment(self.until),
            reason_code=self.reason if self.reason in REASON_CODES else None,
            text=self.text or None,
        )

    @property
    def span(self) -> tuple[tuple[str, str, datetime], ...]:
        """`since`, `until` as the address has them and as times, those that are set and can be read."""
        said = (("since", self.since, _moment(self.since)), ("until", self.until, _moment(self.until)))
        return tuple((name, text, moment) for name, text, moment in said if moment is not None)

    @property
    def query(self) -> str:
        """`?type=...` with what differs from the default, or nothing."""
        said = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
        return f"?{urlencode(said)}" if said else ""


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FilterField:
    name: str
    chosen: str
    options: tuple[Option, ...]


def filter_fields(session: Session, chosen: QueueFilter, t: Wording) -> tuple[FilterField, ...]:
    found = filter_values(session)
    reasons = REASON_CODES if chosen.reason else ()  # only where a summary's link chose one
    return (
        _field("type", chosen.type, _kept(found["type_id"], chosen.type), lambda name: type_name(name, t), t),
        _field("site", chosen.site, _kept(found["site"], chosen.site), str, t),
        _field("camera", chosen.camera, _kept(found["camera_id"], chosen.camera), str, t),
        _field("severity", chosen.severity, SEVERITIES, lambda name: t(f"severity.{name}"), t),
        _field("state", chosen.state, STATES, lambda name: t(f"state.{name}"), t, everything=EVERY_STATE),
        _field("period", chosen.period, PERIODS, lambda name: t(f"period.{name}"), t),
        *(_field("reason", chosen.reason, reasons, lambda name: t(f"reason.{name}"), t) for _ in reasons[:1]),
    )


def list_context(
    session: Session, chosen: QueueFilter, cursor: str | None, now: datetime, t: Wording
) -> dict[str, Any]:
    """For `_items.html`. Raises CursorError."""
    page = list_cases(session, chosen.chosen(now), cursor=cursor)
    return {
        "items": [queue_item(case, t) for case in page.cases],
        "next_cursor": page.next_cursor,
        "query": chosen.query,
        "shapes": SHAPES,
        "incident": None,
    }


def find_incident(session: Session, incident_id: str, t: Wording) -> IncidentView | None:
    case = get_case(session, incident_id)
    if case is None:
        return None
    files, manifests = files_of(session, incident_id), manifests_of(session, incident_id)
    return incident_view(case, files, manifests, register_of(session, incident_id), t)


def pane_context(incident: IncidentView, chosen: QueueFilter) -> dict[str, Any]:
    """For `_incident.html`."""
    return {"incident": incident, "query": chosen.query, "shapes": SHAPES}


def queue_context(session: Session, chosen: QueueFilter, now: datetime, t: Wording) -> dict[str, Any]:
    """For `queue.html`, all but the incident in the pane."""
    midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    day = day_since(session, midnight)
    urgent = CaseFilter(severity="safety", state="lead", since=now - ALARM_LASTS)
    return list_context(session, chosen, None, now, t) | {
        "filters": filter_fields(session, chosen, t),
        "text": chosen.text,
        "span": chosen.span,
        "undecided": count_by_state(session).get("lead", 0),
        "alerts_after": newest_stored_seq(session),
        "today": [(field.name, getattr(day, field.name)) for field in fields(day)],
        "blind": cameras_out_of_sight(session),
        "access_reasons": ACCESS_REASONS,
        "reject_reasons": list(zip(REASON_CODES, REASON_KEYS, strict=True)),
        "keys": KEYS,
        "alarms": [queue_item(case, t) for case in list_cases(session, urgent, limit=ALARMS_MAX).cases],
    }


def _moment(text: str) -> datetime | None:
    """With a zone, the centre's own when the text names none; None for what is no time."""
    try:
        moment = datetime.fromisoformat(text) if text else None
        return moment.astimezone(UTC) if moment else None
    except (ValueError, OverflowError):
        return None


def _kept(found: Iterable[str], chosen: str) -> list[str]:
    """What there is, and what was chosen even if there is none of it."""
    values = list(found)
    return values if not chosen or chosen in values else [*values, chosen]


def _field(
    name: str, chosen: str, values: Iterable[str], label: Callable[[str], str], t: Wording, *, everything: str = ""
) -> FilterField:
    options = (Option(everything, t("filter.all")), *(Option(value, label(value)) for value in values))
    return FilterField(name, chosen, options)
