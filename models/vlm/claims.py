"""What a model states about a lead, against what the tracks say; only that is shown, in words that are not the model's.

A model answers in a closed form (`stated_claim.py`). Each claim is looked up in the incident report, and either is
carried by tracks, or is removed and counted. It bears the ids of these tracks where it is about certain ones: numbers
that a model did not say are not said for it. Numbers, times, plates and names in the text come from the report, so what
a model cannot do here is invent one. Free text is never taken, nor repeated where a claim is removed: asking a model
nicely to stay with the facts is no check.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from contract.incident_report import Claim, Description, IncidentTime, Place, Subject
from contract.object_classes import class_ids, class_name_en, class_name_zh
from models.vlm.ai_label import aigc
from models.vlm.stated_claim import StatedClaim, read_claims

CLAIM_FIELDS: "Mapping[Kind, str]" = {
    "class": "subjects",
    "count": "subjects",
    "zone": "place",
    "time": "time",
    "attribute": "subjects.attributes",
    "plate": "subjects.plate",
}
FRAME_ID = "frame"
PLATE_LENGTH_MAX = 12
_TIME = re.compile("(?:[01][0-9]|2[0-3]):[0-5][0-9]")

Removal = Literal["unreadable", "class", "track", "attribute", "zone", "plate", "time", "count", "said_before"]
Kind = Literal["class", "count", "zone", "time", "attribute", "plate"]


class Record(Protocol):
    """What an incident report says of who was where and when."""

    @property
    def place(self) -> Place: ...
    @property
    def time(self) -> IncidentTime: ...
    @property
    def subjects(self) -> Sequence[Subject]: ...
    @property
    def subjects_total(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Said:
    """A kept claim in words. kind: the narrowest thing that it states. track_ids: none where it is about any."""

    kind: Kind
    zh: str
    en: str
    track_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Grounded:
    """kept: carried by tracks; said: the same in both languages. removed: what was stated, as JSON without a word that
    the model wrote freely, and what of it the report does not carry; of an unreadable answer how long it was.
    """

    kept: tuple[Claim, ...]
    text_zh: str
    text_en: str
    removed: tuple[tuple[str, Removal], ...]
    said: tuple[Said, ...] = ()


def ground(answer: str, record: Record) -> Grounded:
    """answer: whatever a model wrote. Never raises for it: what cannot be read is one removed claim."""
    stated = read_claims(answer)
    if stated is None:
        return Grounded((), "", "", ((json.dumps({"characters": len(answer)}), "unreadable"),))
    return ground_stated(stated, record)


def ground_stated(stated: Iterable[StatedClaim], record: Record, *, numbered: bool = False) -> Grounded:
    """numbered: the record's own claims say how many and which. For a model that named neither track nor count only
    the class is said: it saw some of the subjects, and nobody knows which of them it meant.
    """
    removed: list[tuple[str, Removal]] = []
    said: dict[tuple[str, str], tuple[Claim, Said]] = {}
    for claim in stated:
        carried = _carried(claim, record)
        if isinstance(carried, str):
            removed.append((_retold(claim, record), carried))
            continue
        names_some = numbered or claim.track is not None or claim.count is not None
        tracks = tuple(one.track_id for one in carried) if names_some else ()
        zh, en = _words(claim, tracks, record)
        if (zh, en) in said:
            removed.append((_retold(claim, record), "said_before"))
            continue
        kind = _kind(claim)
        said[zh, en] = Claim(text=en, track_ids=tracks, field=CLAIM_FIELDS[kind]), Said(kind, zh, en, tracks)
    return Grounded(
        tuple(claim for claim, _ in said.values()),
        "；".join(zh for zh, _ in said) + "。" if said else "",
        "; ".join(en for _, en in said) + "." if said else "",
        tuple(removed),
        tuple(one for _, one in said.values()),
    )


def describe(answer: str, record: Record, template: Description, *, producer: str, produce_id: str) -> Description:
    """The template's sentence, with what holds of the model's answer behind it and said to be that. producer,
    produce_id: for the label that generated text carries. Without any claim that holds the template stands as it was,
    only the removed ones counted.
    """
    grounded = ground(answer, record)
    if not grounded.kept:
        return template.model_copy(update={"removed": len(grounded.removed)})
    return Description(
        source="model",
        text={
            "zh-CN": f"{template.text.get('zh-CN', '')}AI 所见：{grounded.text_zh}",
            "en": f"{template.text.get('en', '')} AI sees: {grounded.text_en}",
        },
        claims=(*template.claims, *(claim for claim in grounded.kept if claim not in template.claims)),
        removed=len(grounded.removed),
        aigc=aigc(producer, produce_id),
    )


def _carried(claim: StatedClaim, report: Record) -> Sequence[Subject] | Removal:
    """The subjects of which all of a claim is true; else the first part that is not."""
    subjects: Sequence[Subject] = [one for one in report.subjects if one.class_ == claim.class_]
    if not subjects:
        return "class"
    if claim.track is not None:
        subjects = [one for one in subjects if one.track_id == claim.track]
        if not subjects:
            return "track"
    if claim.zone is not None and claim.zone != report.place.zone_id:
        return "zone"
    for attribute, state in ((claim.wears, "present"), (claim.lacks, "absent")):
        if attribute is not None:
            subjects = [
                one for one in subjects if attribute in one.attributes and one.attributes[attribute].state == state
            ]
            if not subjects:
                return "attribute"
    if claim.plate is not None:
        subjects = [one for one in subjects if plate_text(one) == claim.plate]
        if not subjects:
            return "plate"
    if claim.time is not None and not _within(claim.time, report):
        return "time"
    if claim.count is not None and not (_whole(report) and claim.count == len(subjects)):
        return "count"
    return subjects


def _whole(report: Record) -> bool:
    """A report lists at most so many subjects: with more, nobody can say how many of them are as claimed."""
    return report.subjects_total == len(report.subjects)


def _within(time: str, report: Record) -> bool:
    """Whether a minute of the clock lies between first and last sight, both of them included. Across midnight too."""
    first, last = report.time.first_seen, report.time.last_seen
    if not _TIME.fullmatch(time):
        return False
    minute = int(time[:2]) * 60 + int(time[3:])
    start = first.hour * 60 + first.minute
    minutes = int((last - first).total_seconds() + first.second) // 60
    return (minute - start) % 1440 <= minutes


def plate_text(subject: Subject) -> str | None:
    """Letters, a digit at least, and what stands between them; a reader of plates also reads what somebody wrote on a
    sign.
    """
    text = "" if subject.plate is None else subject.plate.text
    plain = all(one in "-·. " or unicodedata.category(one) in ("Lu", "Lo", "Nd") for one in text)
    return text if plain and len(text) <= PLATE_LENGTH_MAX and any(map(str.isdecimal, text)) else None


def _retold(claim: StatedClaim, report: Record) -> str:
    """What was stated, as JSON: numbers, a time of day, and names that the report or the list of classes knows; null in
    the place of any other word.
    """
    worn = (name for one in report.subjects for name in one.attributes)
    names = {*class_ids(), *(one.class_ for one in report.subjects), *worn}
    plates = {plate_text(one) for one in report.subjects}
    known: Mapping[str, Collection[str | None]] = {
        "class": names, "wears": names, "lacks": names, "zone": (report.place.zone_id, FRAME_ID), "plate": plates
    }  # fmt: skip
    fields = claim.model_dump(by_alias=True, exclude_none=True)
    for name in fields.keys() & known:
        fields[name] = fields[name] if fields[name] in known[name] else None
    if claim.time is not None and not _TIME.fullmatch(claim.time):
        fields["time"] = None
    return json.dumps(fields, ensure_ascii=False)


def _words(claim: StatedClaim, tracks: Sequence[int], report: Record) -> tuple[str, str]:
    """What the claim comes to, zh and en; every number and name from the report. tracks: none: without number."""
    count = len(tracks)
    zh, en = [class_name_zh(claim.class_)], [class_name_en(claim.class_)]
    if tracks:
        least_zh, least_en = ("", "") if _whole(report) or claim.track is not None else ("至少 ", "at least ")
        zh = [f"{class_name_zh(claim.class_)} {least_zh}{count} {_counter(claim.class_)}"]
        en = [f"{least_en}{count} {class_name_en(claim.class_, count)}"]
    if claim.wears is not None:
        zh.append(f"可见{class_name_zh(claim.wears)}")
        en.append(f"{class_name_en(claim.wears)} seen")
    if claim.lacks is not None:
        zh.append(f"未见{class_name_zh(claim.lacks)}")
        en.append(f"no {class_name_en(claim.lacks)} seen")
    if claim.plate is not None:
        zh.append(f"车牌读作 {claim.plate}（须核对）")
        en.append(f"number plate read as {claim.plate}, to be checked")
    if claim.zone is not None:
        where_zh, where_en = _where(report.place)
        zh.append(where_zh)
        en.append(where_en)
    if claim.time is not None:
        first = report.time.first_seen
        zh.append(f"首次见于 {first:%H:%M:%S} UTC")
        en.append(f"first seen at {first:%H:%M:%S} UTC")
    which = ", ".join(map(str, sorted(tracks)))
    borne = (f"（轨迹 {which}）", f" (track{'s' * (count != 1)} {which})") if tracks else ("", "")
    return "，".join(zh) + borne[0], ", ".join(en) + borne[1]


def _counter(class_id: str) -> str:
    return {"person": "名", "bicycle": "辆", "motorcycle": "辆", "car": "辆", "bus": "辆", "truck": "辆"}.get(
        class_id, "处"
    )


def _where(place: Place) -> tuple[str, str]:
    if place.zone_id == FRAME_ID:
        return "在画面内", "in the picture"
    if len(place.polygon) == 2:
        return f"在线 {place.zone_id} 处", f"at line {place.zone_id}"
    return f"在区域 {place.zone_id} 内", f"in zone {place.zone_id}"


def _kind(claim: StatedClaim) -> Kind:
    if claim.plate is not None:
        return "plate"
    if claim.wears is not None or claim.lacks is not None:
        return "attribute"
    if claim.time is not None:
        return "time"
    return "zone" if claim.zone is not None else "class" if claim.count is None else "count"
