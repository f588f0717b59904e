"""What happened to one incident, in order: revisions from the box, decisions and looks of people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from central.audit.access import RegisterEntry
from central.cases.case import Case
from central.web.wording import Wording
from contract.incident_report import IncidentReport


@dataclass(frozen=True, slots=True)
class StoryLine:
    at: datetime
    words: str


def story(case: Case, report: IncidentReport, register: Sequence[RegisterEntry], t: Wording) -> tuple[StoryLine, ...]:
    """Times of the box for what it saw, of the centre for what it received and what people did."""
    lines = [*_seen(report, t), *_received(case, t), *_looked(register, t), *_decided(case, t)]
    return tuple(sorted(lines, key=lambda line: line.at))


def _seen(report: IncidentReport, t: Wording) -> Iterator[StoryLine]:
    yield StoryLine(report.time.first_seen, t("story.first_seen"))
    yield StoryLine(report.time.opened, t("story.opened"))
    if report.time.closed is not None:
        reason = t("close." + (report.time.close_reason or "ended"))
        yield StoryLine(report.time.closed, t("story.closed", reason=reason))


def _received(case: Case, t: Wording) -> Iterator[StoryLine]:
    for revision in case.revisions:
        phase = t("phase." + revision.phase)
        yield StoryLine(revision.received_at, t("story.received", n=revision.revision, phase=phase))
    for refused in case.refused:
        yield StoryLine(refused.received_at, t("story.refused", n=refused.revision, reason=refused.reason))


def _looked(register: Sequence[RegisterEntry], t: Wording) -> Iterator[StoryLine]:
    for entry in register:
        if entry.action == "grant":
            code, _, note = entry.reason.partition(": ")
            reason = t.named("access.reason", code) + (f" · {note}" if note else "")
            yield StoryLine(entry.at, t("story.access", who=entry.reviewer, reason=reason))


def _decided(case: Case, t: Wording) -> Iterator[StoryLine]:
    for made in case.decisions:
        code = t.named("reason", made.reason_code) if made.reason_code else ""
        said = t("story.decision", who=made.reviewer, decision=t("decision." + made.decision))
        yield StoryLine(made.decided_at, " · ".join(filter(None, (said, code, made.note))))
