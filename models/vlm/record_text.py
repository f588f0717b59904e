"""What the record of a lead says by itself: the template that speaks when no model may, or none can be believed."""

from collections.abc import Mapping
from typing import Literal

from contract.catalogue import catalogue
from contract.incident_report import Attribute, Description, IncidentReport, Subject
from models.vlm.claims import Grounded, Record, ground_stated, plate_text
from models.vlm.stated_claim import CLAIMS_MAX, StatedClaim

_WORN: Mapping[str, Literal["wears", "lacks"]] = {"present": "wears", "absent": "lacks"}


def recorded(record: Record) -> Grounded:
    """Every claim that the record carries: of each class how many and where, what they wear or lack, plates read."""
    return ground_stated(_stated(record)[:CLAIMS_MAX], record, numbered=True)


def opening(report: IncidentReport) -> dict[Literal["zh-CN", "en"], str]:
    """The first words of a text about this lead: what it is called, and when it was seen."""
    kind = catalogue().get(report.type_id)
    names = kind.names if kind else {}
    start, end = report.time.first_seen, report.time.last_seen
    seen = f"{start:%Y-%m-%d %H:%M:%S}"
    until = f"{end:%H:%M:%S}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    until_zh, until_en = (f"至 {until} ", f"to {until} ") if end > start else ("", "")
    return {
        "zh-CN": f"线索（{names.get('zh-CN', report.type_id)}）：{seen} {until_zh}UTC。",
        "en": f"Lead, {names.get('en', report.type_id)}: {seen} {until_en}UTC.",
    }


def template(report: IncidentReport) -> Description:
    """The whole text without any model, made of the structured fields alone, whatever the record's own text says."""
    said, first = recorded(report), opening(report)
    return Description(
        text={"zh-CN": first["zh-CN"] + said.text_zh, "en": " ".join(filter(None, (first["en"], said.text_en)))},
        claims=said.kept,
    )


def _stated(record: Record) -> list[StatedClaim]:
    whole = record.subjects_total == len(record.subjects)
    by_class: dict[str, list[Subject]] = {}
    for subject in record.subjects:
        by_class.setdefault(subject.class_, []).append(subject)
    claims = [
        StatedClaim(class_=name, zone=record.place.zone_id, count=len(some) if whole else None)
        for name, some in by_class.items()
    ]
    for name, some in by_class.items():
        worn = dict.fromkeys(pair for subject in some for pair in _worn(subject.attributes))
        claims += [StatedClaim.model_validate({"class": name, verb: attribute}) for attribute, verb in worn]
    claims += [
        StatedClaim(class_=one.class_, plate=plate, track=one.track_id)
        for one in record.subjects
        if (plate := plate_text(one)) is not None
    ]
    return claims


def _worn(attributes: Mapping[str, Attribute]) -> list[tuple[str, Literal["wears", "lacks"]]]:
    return [(name, _WORN[one.state]) for name, one in attributes.items() if one.state in _WORN]
