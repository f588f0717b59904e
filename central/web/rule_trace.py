"""A rule's trace in words: what was measured, against what, in which unit."""

from dataclasses import dataclass

from central.web.wording import Wording
from contract.incident_report import TraceStep


@dataclass(frozen=True, slots=True)
class TraceLine:
    holds: bool
    words: str


def trace_lines(trace: tuple[TraceStep, ...], t: Wording) -> tuple[TraceLine, ...]:
    return tuple(TraceLine(step.holds, _words(step, t)) for step in trace)


def _words(step: TraceStep, t: Wording) -> str:
    key = f"condition.{step.condition}"
    if key not in t.entries:
        key = "condition"
    if step.unit == "probability" and step.threshold == 0 and f"{key}_any" in t.entries:
        key = f"{key}_any"
    return t(
        key,
        condition=step.condition,
        value=_value(step.value, step.unit, t),
        threshold=_value(step.threshold, step.unit, t),
    )


def _value(value: float | str | bool, unit: str, t: Wording) -> str:  # noqa: FBT001 - a measured value
    if isinstance(value, bool):
        return t("trace.yes") if value else t("trace.no")
    if isinstance(value, str):
        return " / ".join(t.named("thing", part) for part in value.split("|"))
    if unit == "probability":
        return f"{value:.0%}"
    return f"{value:g} {t.named('unit', unit)}".strip()
