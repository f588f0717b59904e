"""One sentence in two languages: a lead, from facts only, numbers as the trace has them."""

import re

import pytest

from edge.incidents.description import describe
from edge.incidents.incident import Incident
from edge.rules.attribute_absence import AttributeAbsence
from edge.rules.rule import Rule
from edge.rules.stationary import Stationary
from edge.rules.zone import FRAME
from tests.edge.incidents.acts import CROWD, FIRE, GATE, RULE, VISIT, play
from tests.edge.rules.stories import ZONE, Actor

NO_HELMET = AttributeAbsence(
    rule_id="no-helmet",
    type_id="ppe.no_helmet",
    severity="lead",
    place=ZONE,
    classes=("person",),
    part="head",
    present="helmet",
    absent="bare_head",
    dwell_s=1.0,
)
PARKED = Stationary(
    rule_id="parked", type_id="traffic.illegal_parking", severity="lead", place=FRAME, classes=("car",), dwell_s=1.0
)


def opened(rule: Rule, class_name: str, films: str = VISIT, others: int = 0) -> Incident:
    actors = {number: Actor(films, class_name=class_name) for number in range(1, others + 2)}
    return next(change.incident for change in play(rule, actors).changes if change.phase == "open")


SENTENCES = [
    (
        opened(RULE, "person"),
        "线索（疑似闯入禁区）：人在区域 table 内停留 1 秒（门限 1 秒）。",
        "Lead, suspected zone intrusion: person in zone table for 1 s (threshold 1 s).",
    ),
    (
        opened(PARKED, "car"),
        "线索（疑似机动车违规停放）：汽车在画面内静止 1 秒（门限 1 秒）。",
        "Lead, suspected illegal parking: car still in the picture for 1 s (threshold 1 s).",
    ),
    (
        opened(CROWD, "person", others=2),
        "线索（疑似超过场所容量）：区域 table 内有 3 个目标（门限 2 个），持续 1 秒（门限 1 秒）。",
        "Lead, place suspected over capacity: 3 tracks (threshold 2) in zone table for 1 s (threshold 1 s).",
    ),
    (
        opened(FIRE, "fire"),
        "线索（疑似明火）：区域 table 内出现明火，持续 1 秒（门限 1 秒）。",
        "Lead, suspected flame: fire in zone table for 1 s (threshold 1 s).",
    ),
    (
        opened(NO_HELMET, "person", "i" * 20),
        "线索（疑似未戴安全帽）：人在区域 table 内，头部未见安全帽，持续 1 秒（门限 1 秒）。",
        "Lead, suspected missing helmet: no helmet seen on the head of a person in zone table for 1 s (threshold 1 s).",
    ),
    (
        opened(GATE, "person", "oi"),
        "线索（疑似逆行）：人越过线 gate（向右）。",
        "Lead, suspected wrong way: person crossed line gate to the right.",
    ),
]


@pytest.mark.parametrize(("incident", "zh", "en"), SENTENCES, ids=[case[0].rule.kind for case in SENTENCES])
def test_each_kind_has_its_sentence(incident: Incident, zh: str, en: str) -> None:
    assert describe(incident) == {"zh-CN": zh, "en": en}


@pytest.mark.parametrize("incident", [case[0] for case in SENTENCES], ids=[case[0].rule.kind for case in SENTENCES])
def test_it_is_called_a_lead_and_never_a_violation(incident: Incident) -> None:
    text = describe(incident)
    assert text["zh-CN"].startswith("线索（疑似")
    assert "suspected" in text["en"]
    assert not re.search(r"violat|offen[cd]|illegal(?! parking)", text["en"])
    assert not re.search(r"违法行为|当事人|嫌疑人", text["zh-CN"])


def test_every_number_in_it_stands_in_the_trace() -> None:
    for incident, *_ in SENTENCES:
        measured = {float(side) for step in incident.trace for side in (step.value, step.threshold) if _is_number(side)}
        for sentence in describe(incident).values():
            assert {float(number) for number in re.findall(r"\d+(?:\.\d+)?", sentence)} <= measured


def test_a_closed_incident_says_over_what_time_as_well() -> None:
    (incident,) = play(RULE, {1: "i" * 35 + "o" * 70}).closed()
    assert describe(incident)["en"].endswith("for 1 s (threshold 1 s), 3.4 s from first to last.")
    assert describe(incident)["zh-CN"].endswith("，首尾相距 3.4 秒。")


def _is_number(side: object) -> bool:
    return isinstance(side, int | float) and not isinstance(side, bool)
