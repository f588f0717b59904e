"""One sentence about an incident, zh-CN and en, from its own facts and nothing else; a lead, never a violation.

Numbers are those of the trace, after closing the time over which the conditions held as well. Names are the
catalogue's.
"""

from typing import Literal

from contract.catalogue import catalogue
from contract.object_classes import class_name_zh
from edge.incidents.incident import Incident
from edge.rules.attribute_absence import AttributeAbsence
from edge.rules.zone import FRAME_ID

Language = Literal["zh-CN", "en"]

_PARTS_ZH = {"head": "头部", "torso": "躯干", "rider": "骑乘者"}
_DIRECTIONS_ZH = {"up": "向上", "down": "向下", "left": "向左", "right": "向右", "either": "任一方向"}
_DIRECTIONS_EN = {"up": "upwards", "down": "downwards", "left": "to the left", "right": "to the right", "either": ""}


def describe(incident: Incident) -> dict[Language, str]:
    names = catalogue()[incident.rule.type_id].names
    zh, en = _what_zh(incident), _what_en(incident)
    if incident.closed and incident.rule.scope != "crossing":
        lasted = incident.last_seen.stream_s - incident.first_seen.stream_s
        zh += f"，首尾相距 {lasted:.1f} 秒"
        en += f", {lasted:.1f} s from first to last"
    return {"zh-CN": f"线索（{names['zh-CN']}）：{zh}。", "en": f"Lead, {names['en']}: {en}."}


def _what_zh(incident: Incident) -> str:
    place = "画面" if incident.place_id == FRAME_ID else f"区域 {incident.place_id} "
    who = "、".join(dict.fromkeys(class_name_zh(subject.class_name) for subject in incident.subjects))
    dwell = f"{_number(incident, 'dwell')} 秒（门限 {_threshold(incident, 'dwell')} 秒）"
    match incident.rule.kind:
        case "line_crossing":
            direction = _DIRECTIONS_ZH[_threshold(incident, "crossed")]
            return f"{who}越过线 {incident.place_id}（{direction}）"
        case "count":
            counts = f"{_number(incident, 'count_in_zone')} 个目标（门限 {_threshold(incident, 'count_in_zone')} 个）"
            return f"{place}内有 {counts}，持续 {dwell}"
        case "stationary":
            return f"{who}在{place}内静止 {dwell}"
        case "presence":
            return f"{place}内出现{who}，持续 {dwell}"
        case "left_object":
            return f"{place}内有{who}留置 {dwell}"
        case "zone_order":
            return f"{who}按 {_threshold(incident, 'zones_in_order')} 的次序经过各区域"
        case "speed":
            speed = f"{_number(incident, 'speed')} km/h（门限含误差 {_threshold(incident, 'speed')} km/h）"
            return f"{who}在{place}内速度 {speed}，持续 {dwell}"
    if isinstance(incident.rule, AttributeAbsence):
        part, present = incident.rule.part, incident.rule.present
        return f"{who}在{place}内，{_PARTS_ZH[part]}未见{class_name_zh(present)}，持续 {dwell}"
    return f"{who}在{place}内停留 {dwell}"


def _what_en(incident: Incident) -> str:
    place = "the picture" if incident.place_id == FRAME_ID else f"zone {incident.place_id}"
    who = ", ".join(dict.fromkeys(subject.class_name for subject in incident.subjects))
    dwell = f"{_number(incident, 'dwell')} s (threshold {_threshold(incident, 'dwell')} s)"
    match incident.rule.kind:
        case "line_crossing":
            direction = _DIRECTIONS_EN[_threshold(incident, "crossed")]
            return f"{who} crossed line {incident.place_id} {direction}".rstrip()
        case "count":
            count = _number(incident, "count_in_zone")
            tracks = "1 track" if count == "1" else f"{count} tracks"
            return f"{tracks} (threshold {_threshold(incident, 'count_in_zone')}) in {place} for {dwell}"
        case "stationary":
            return f"{who} still in {place} for {dwell}"
        case "left_object":
            return f"{who} left in {place} for {dwell}"
        case "zone_order":
            return f"{who} went through zones in the order {_threshold(incident, 'zones_in_order')}"
        case "speed":
            speed = f"{_number(incident, 'speed')} km/h (threshold with tolerance {_threshold(incident, 'speed')} km/h)"
            return f"{who} in {place} at {speed} for {dwell}"
    if isinstance(incident.rule, AttributeAbsence):
        return f"no {incident.rule.present} seen on the {incident.rule.part} of a {who} in {place} for {dwell}"
    return f"{who} in {place} for {dwell}"


def _number(incident: Incident, condition: str) -> str:
    return next((_text(step.value) for step in incident.trace if step.name == condition), "?")


def _threshold(incident: Incident, condition: str) -> str:
    return next((_text(step.threshold) for step in incident.trace if step.name == condition), "?")


def _text(value: float | str) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
